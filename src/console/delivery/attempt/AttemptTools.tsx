import { Menu } from "@base-ui/react/menu";
import { Ellipsis } from "lucide-react";
import { useState } from "react";
import { base } from "../../base.ts";
import { Button } from "../../ui/Button.tsx";
import { toast } from "../../ui/Toasts.tsx";
import { AttemptDiff } from "./AttemptDiff.tsx";
import { curlOf, type Exchange, requestText, responseText } from "./attemptTexts.ts";
import "../../hook/HookTools.css";

/** The delivery that an attempt belongs to. The URL is the hook's of now; null for a step of a workflow. */
type OfDelivery = { id: string; url: string | null; requestBody: string };

type Props = { attempt: Exchange; previous: Exchange | undefined; of: OfDelivery };

function copy(text: string, what: string): void {
  navigator.clipboard.writeText(text).then(
    () => toast(`${what} copied.`),
    () => toast("The browser does not allow copying. Select and copy the text by hand.", "bad"),
  );
}

/** What can be taken from an attempt, and how it differs from the one before. */
export function AttemptTools({ attempt, previous, of: { id, url, requestBody } }: Props) {
  const [isComparing, setIsComparing] = useState(false);
  const { number } = attempt;
  const link = `${location.origin}${base}/deliveries/${id}?attempt=${number}`;
  const items: [label: string, act: () => void][] = [
    ["Copy the link", () => copy(link, "Link")],
    ...(url === null
      ? []
      : ([
          ["Copy as curl", () => copy(curlOf(attempt, url, requestBody), "Command")],
          ["Copy the request", () => copy(requestText(attempt, url, requestBody), "Request")],
        ] satisfies [string, () => void][])),
    ["Copy the response", () => copy(responseText(attempt), "Response")],
  ];
  return (
    <div className="attempt-tools">
      {previous && (
        <Button onClick={() => setIsComparing(true)}>Compare with attempt {previous.number}</Button>
      )}
      <Menu.Root>
        <Menu.Trigger render={<Button aria-label={`Copy of attempt ${number}`} />}>
          <Ellipsis size={16} />
        </Menu.Trigger>
        <Menu.Portal>
          <Menu.Positioner className="menu-place" align="end" sideOffset={4}>
            <Menu.Popup className="menu">
              {items.map(([label, act]) => (
                <Menu.Item key={label} className="menu-item" onClick={act}>
                  {label}
                </Menu.Item>
              ))}
            </Menu.Popup>
          </Menu.Positioner>
        </Menu.Portal>
      </Menu.Root>
      {isComparing && previous && (
        <AttemptDiff before={previous} after={attempt} onClose={() => setIsComparing(false)} />
      )}
    </div>
  );
}
