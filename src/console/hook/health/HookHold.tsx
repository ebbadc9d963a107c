import type { ReactNode } from "react";
import { Ago } from "../../ui/time/Time.tsx";
import "./HookHold.css";

type Props = {
  hook: {
    status: string;
    statusReason: string | null;
    health: string;
    healthSince: string;
    heldUntil: string | null;
  };
};

/** What a status that somebody or something gave the hook means for its deliveries. */
const meanings: Readonly<Record<string, string>> = {
  PAUSED: "Deliveries are parked until the hook is resumed.",
  DISABLED: "Deliveries are parked until the hook is enabled.",
};

const sentence = (reason: string) => `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`;

/** Why nothing is sent to a hook, or that its attempts fail, and what happens next. */
export function HookHold({ hook }: Props) {
  const { status, statusReason, health, healthSince, heldUntil } = hook;
  if (status !== "ACTIVE")
    return statusReason === null ? null : (
      <Hold isBad={status === "DISABLED"}>
        {sentence(statusReason)} {meanings[status]}
      </Hold>
    );
  if (health === "HEALTHY" && heldUntil === null) return null;
  const next = heldUntil !== null && <Ago at={heldUntil} />;
  if (health === "OPEN")
    return (
      <Hold isBad>
        The breaker opened <Ago at={healthSince} />, because attempts kept failing: deliveries wait.
        {next && <> One of them is sent as a probe {next}; if it arrives, the others follow.</>}
      </Hold>
    );
  if (next) return <Hold>The target asked for a pause: the next delivery is sent {next}.</Hold>;
  return (
    <Hold isBad>
      Its attempts fail. The hub noticed <Ago at={healthSince} />.
    </Hold>
  );
}

const Hold = ({ isBad = false, children }: { isBad?: boolean; children: ReactNode }) => (
  <p className={isBad ? "hook-hold hook-hold-bad" : "hook-hold"}>{children}</p>
);
