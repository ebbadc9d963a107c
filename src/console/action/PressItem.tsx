import { AttemptItem } from "../delivery/attempt/AttemptItem.tsx";
import { Badge } from "../ui/layout/Badge.tsx";
import { Moment } from "../ui/time/Time.tsx";
import type { PressRow } from "./pressRow.ts";
import "./PressItem.css";

/** Explanations of unfinished states. */
const explained: Readonly<Record<string, string>> = {
  PENDING: "In progress; it takes at most 10 seconds.",
  UNKNOWN:
    "The hub’s process ended after sending and before the answer arrived. The target may have received the press. The hub never sends it again by itself: check the target before you press again.",
};

/** A press: who, when, its result, and the call. */
export function PressItem({ press }: { press: PressRow }) {
  const { status, pressedBy, pressedAt, error, attempt, requestBody } = press;
  const explanation = explained[status];
  return (
    <li className="press">
      <p className="press-head">
        <Badge state={status} />
        <span className="press-who">{pressedBy}</span>
        <span className="faint">
          <Moment at={pressedAt} />
        </span>
      </p>
      {explanation !== undefined && <p className="soft">{explanation}</p>}
      {error !== null && status === "FAILED" && <p className="press-error">{error}</p>}
      {attempt && (
        <ol>
          <AttemptItem attempt={attempt} requestBody={requestBody} />
        </ol>
      )}
    </li>
  );
}
