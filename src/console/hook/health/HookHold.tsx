import { Ago } from "../../ui/time/Time.tsx";

type Props = {
  hook: { status: string; health: string; healthSince: string; heldUntil: string | null };
};

/** Why nothing is sent to a hook that is active, or that its attempts fail. */
export function HookHold({ hook: { status, health, healthSince, heldUntil } }: Props) {
  if (status !== "ACTIVE" || (health === "HEALTHY" && heldUntil === null)) return null;
  const next = heldUntil !== null && <Ago at={heldUntil} />;
  if (health === "OPEN")
    return (
      <p className="soft">
        The breaker opened <Ago at={healthSince} />: deliveries wait.
        {next && <> The next one is sent as a probe {next}.</>}
      </p>
    );
  if (next)
    return <p className="soft">The target asked for a pause: the next delivery is sent {next}.</p>;
  return (
    <p className="soft">
      Its attempts fail. The hub noticed <Ago at={healthSince} />.
    </p>
  );
}
