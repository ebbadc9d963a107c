import { Ellipsis } from "lucide-react";
import { useState } from "react";
import { base } from "../../base.ts";
import { Button } from "../../ui/Button.tsx";
import { copyText } from "../../ui/copy/copyText.ts";
import { Menu, type MenuItem } from "../../ui/layout/Menu.tsx";
import { toast } from "../../ui/Toasts.tsx";
import { AttemptDiff } from "./AttemptDiff.tsx";
import { curlOf, type Exchange, requestText, responseText } from "./attemptTexts.ts";

/** The delivery that an attempt belongs to. The URL is the hook's of now; null for a step of a workflow. */
type OfDelivery = { id: string; url: string | null; requestBody: string };

type Props = { attempt: Exchange; previous: Exchange | undefined; of: OfDelivery };

async function copy(text: string, what: string): Promise<void> {
  if (await copyText(text)) toast(`${what} copied.`);
}

/** What can be taken from an attempt, and how it differs from the one before. */
export function AttemptTools({ attempt, previous, of: { id, url, requestBody } }: Props) {
  const [isComparing, setIsComparing] = useState(false);
  const { number } = attempt;
  const link = `${location.origin}${base}/deliveries/${id}?attempt=${number}`;
  const ofRequest = (to: string): MenuItem[] => [
    { label: "Copy as curl", act: () => copy(curlOf(attempt, to, requestBody), "Command") },
    {
      label: "Copy the request",
      act: () => copy(requestText(attempt, to, requestBody), "Request"),
    },
  ];
  const items: MenuItem[] = [
    { label: "Copy the link", act: () => copy(link, "Link") },
    ...(url === null ? [] : ofRequest(url)),
    { label: "Copy the response", act: () => copy(responseText(attempt), "Response") },
  ];
  return (
    <div className="attempt-tools">
      {previous && (
        <Button onClick={() => setIsComparing(true)}>Compare with attempt {previous.number}</Button>
      )}
      <Menu trigger={<Button aria-label={`Copy of attempt ${number}`} />} items={items}>
        <Ellipsis size={16} />
      </Menu>
      {isComparing && previous && (
        <AttemptDiff before={previous} after={attempt} onClose={() => setIsComparing(false)} />
      )}
    </div>
  );
}
