import { formatter } from "../ui/time/formatter.ts";
import type { ActionRow } from "./actionRow.ts";

/** Whether a button can be pressed now, by the server's rules. The server decides again. */
export type Standing =
  | { kind: "ready" }
  /** Disabled; `reason` is a sentence. */
  | { kind: "barred"; reason: string }
  | { kind: "running"; reason: string }
  | { kind: "complete"; reason: string }
  | { kind: "expired"; reason: string };

/** The fields of the event that matter for its actions. */
export type ActionEvent = { id: string; status: string; scheduledFor: string | null };

const at = formatter({ dateStyle: "medium", timeStyle: "short" });

/** The name of the key that pressed it last. */
export const presserOf = ({ presses }: ActionRow): string =>
  presses.nodes[0]?.pressedBy ?? "somebody";

/** The state of an action, by the hub's clock. */
export function standingOf(
  action: ActionRow,
  event: ActionEvent,
  /** Why the key's role may not press it; null if it may. */
  barred: string | null,
  now: number,
): Standing {
  const { actionStatus: status, external, repeat, expiresAt, completedAt } = action;
  const { scheduledFor } = event;
  if (event.status === "CANCELLED") {
    return { kind: "barred", reason: "The event is cancelled." };
  }
  if (event.status === "SCHEDULED" && scheduledFor !== null && Date.parse(scheduledFor) > now) {
    return { kind: "barred", reason: `Available when the event is due: ${at(scheduledFor)}.` };
  }
  if (status === "RUNNING") {
    return { kind: "running", reason: `Being pressed by ${presserOf(action)}.` };
  }
  if (status === "COMPLETE" && !repeat) {
    const when = completedAt === null ? "" : `, ${at(completedAt)}`;
    return { kind: "complete", reason: `Done by ${presserOf(action)}${when}.` };
  }
  if (status === "EXPIRED" || Date.parse(expiresAt) <= now) {
    return { kind: "expired", reason: `Expired: ${at(expiresAt)}.` };
  }
  if (!external && barred !== null) return { kind: "barred", reason: barred };
  return { kind: "ready" };
}
