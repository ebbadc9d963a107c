import { editDistance } from "../../util/editDistance.ts";
import { callHub, type HubPlace } from "../hub/callHub.ts";
import { HubError } from "../hub/hubError.ts";

export type Hook = { id: string; name: string | null } & Record<string, unknown>;

/** What is shown of a hook. */
export const hookFields = `id name status statusReason health healthSince heldUntil disableAfter { failures hours } types url format filter userId retries timeoutMs
  retryScheduleMs headers unsubscribeOn finalStatuses maxInFlight rateLimitPerSecond verification signature publicKey triggeredCount succeededCount
  failedCount waitingCount parkedCount lastTriggeredAt createdAt updatedAt orderBy onOrderFailure
  template templateContentType selection changed description metadata channels`;

const document = `query ($given: String!, $id: ID!) {
  hook(id: $id) { ${hookFields} } hookByName(name: $given) { ${hookFields} }
}`;

/** The hook with this id or name. Throws HubError, naming the nearest. */
export async function findHook(hub: HubPlace, given: string): Promise<Hook> {
  type Found = { hook: Hook | null; hookByName: Hook | null };
  const { hook, hookByName } = await callHub<Found>(hub, document, { given, id: given });
  const found = hook ?? hookByName;
  if (found) return found;
  const nearest = nearestOf(given, await namesOf(hub));
  throw new HubError(
    `There is no hook ${JSON.stringify(given)}${nearest === undefined ? " (hook list)" : `: is ${JSON.stringify(nearest)} meant?`}`,
  );
}

async function namesOf(hub: HubPlace): Promise<string[]> {
  const { hooks } = await callHub<{ hooks: { nodes: Hook[] } }>(
    hub,
    "{ hooks(first: 100) { nodes { id name } } }",
  );
  return hooks.nodes.flatMap(({ id, name }) => (name === null ? [id] : [name, id]));
}

/** The nearest of some names, when it is near enough for a slip of the finger or the beginning of a name. */
function nearestOf(given: string, names: string[]): string | undefined {
  const short = given.toLowerCase();
  const near = names
    .map((name) => ({
      name,
      steps:
        short !== "" && name.toLowerCase().startsWith(short)
          ? 0
          : editDistance(short, name.toLowerCase()),
    }))
    .filter(({ steps }) => steps <= Math.max(1, Math.floor(given.length / 3)));
  return near.sort((a, b) => a.steps - b.steps)[0]?.name;
}
