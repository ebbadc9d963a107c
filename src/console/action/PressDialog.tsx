import { useEffect, useRef, useState } from "react";
import { useChanges } from "../live/useChanges.ts";
import { toast } from "../ui/Toasts.tsx";
import { ConfirmPress } from "./ConfirmPress.tsx";
import type { Press } from "./usePress.ts";

const ASK = "signalbox:press";

type Asked = { actionId: string; eventId: string };

/** Asks for confirmation and presses the action. */
export const askToPress = (asked: Asked): void =>
  void dispatchEvent(new CustomEvent<Asked>(ASK, { detail: asked }));

type Ended = { buttonText: string; press: Pick<Press, "status">; error: string | null };

/** Reports the result of a press made on this page. Other pages show it beside the button. */
function say({ buttonText, press: { status }, error }: Ended): void {
  if (status === "SUCCEEDED") toast(`“${buttonText}” succeeded.`);
  else if (status === "UNKNOWN") toast(`The result of “${buttonText}” is unknown.`, "bad");
  else toast(`“${buttonText}” failed: ${error}`, "bad");
}

/** Rendered above all pages, so that it stays open when the row scrolls out of view. */
export function PressDialog() {
  const [asked, setAsked] = useState<Asked | null>(null);
  const ours = useRef(new Set<string>());
  useEffect(() => {
    const ask = (event: Event) => event instanceof CustomEvent && setAsked(event.detail);
    addEventListener(ASK, ask);
    return () => removeEventListener(ASK, ask);
  }, []);
  useChanges((news) => {
    if (news === "missed") return ours.current.clear();
    for (const changed of news) {
      if (changed.__typename !== "Action" || changed.actionStatus === "RUNNING") continue;
      const [press] = changed.presses.nodes;
      if (!press || !ours.current.delete(press.id)) continue;
      say({ buttonText: changed.buttonText, press, error: changed.lastError });
    }
  });
  if (asked === null) return null;
  const accepted = (press: Press, buttonText: string) => {
    if (press.status === "PENDING") ours.current.add(press.id);
    else say({ buttonText, press, error: press.error });
    setAsked(null);
  };
  return (
    <ConfirmPress
      key={asked.actionId}
      {...asked}
      onPressed={accepted}
      onClose={() => setAsked(null)}
    />
  );
}
