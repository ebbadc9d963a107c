import { Countdown } from "../ui/time/Time.tsx";
import type { DeliveryRow } from "./deliveryRow.ts";

type Props = { delivery: Pick<DeliveryRow, "hook" | "run">; at: string };

/** When a delivery that is due at a time is tried: while nothing is sent to its hook, later than that. */
export function NextAttempt({ delivery: { hook, run }, at }: Props) {
  const held = run === null ? (hook?.heldUntil ?? null) : null;
  // It may be the probe itself, or be sent after one that succeeds.
  if (run === null && hook?.health === "OPEN")
    return <>with the hook’s probe, {held === null ? "now" : <Countdown to={held} />}</>;
  return <Countdown to={held !== null && Date.parse(held) > Date.parse(at) ? held : at} />;
}
