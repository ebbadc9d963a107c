import type { Sql, Tx } from "../../db/connection/client.ts";
import { eventsById } from "../../db/event/events.ts";
import { claimKeys, type KeyClaim, takenKeys } from "../../db/event/idempotencyKeys.ts";
import { parseJson } from "../../util/parseJson.ts";
import { UserError, type UserErrorDetail } from "../../util/userError.ts";
import { fingerprintOf, type PlannedEvent } from "../event/event.ts";

/** A call as far as its idempotency keys are concerned. */
export type KeyedCall = { planned: PlannedEvent[]; keys: KeyClaim[] };

/** The idempotency keys that planned events claim. */
export const keysOf = (planned: PlannedEvent[]): KeyClaim[] =>
  planned.flatMap(({ event, fingerprint }) =>
    event.idempotencyKey !== null && fingerprint !== null
      ? [{ projectId: event.projectId, key: event.idempotencyKey, fingerprint, eventId: event.id }]
      : [],
  );

/** A mistake's entries with the index of the event before their paths. */
export const entriesAt = (index: number, { entries }: UserError): UserErrorDetail[] =>
  entries.map((entry) => ({ ...entry, path: [String(index), ...entry.path] }));

/** Throws why events of the call may not be written, but for those whose key stands for an earlier event. */
export function refuseNew({ planned, keys }: KeyedCall, isKnown: (claim: KeyClaim) => boolean) {
  const known = new Set(keys.filter(isKnown).map(({ eventId }) => eventId));
  const entries = planned.flatMap(({ event, refusal }, index) =>
    refusal && !known.has(event.id) ? entriesAt(index, refusal) : [],
  );
  if (entries.length > 0) throw new UserError(entries);
}

/**
 * The same before anything is written, by a look at the keys there are: found within a batch, such a call would have
 * the whole batch written again. Costs nothing unless something is refused.
 */
export async function refuseUnknown(sql: Sql, call: KeyedCall): Promise<void> {
  if (call.planned.every(({ refusal }) => refusal === null)) return;
  const taken = new Set((await takenKeys(sql, call.keys)).map(({ key }) => key));
  refuseNew(call, ({ key }) => taken.has(key));
}

/**
 * What the keys stand for, with the fingerprint that their events would have here: the SQL door has one of its own,
 * which only tells its own emits from each other. Costs nothing unless a body differs.
 */
async function comparable(tx: Tx, claims: KeyClaim[], owners: KeyClaim[]): Promise<KeyClaim[]> {
  const bodies = new Set(claims.map((claim) => `${keyOf(claim)} ${claim.fingerprint}`));
  const others = owners.filter((owner) => !bodies.has(`${keyOf(owner)} ${owner.fingerprint}`));
  const fingerprints = new Map<string, string>();
  for (const [projectId, ids] of Map.groupBy(others, (owner) => owner.projectId)) {
    const events = await eventsById(
      tx,
      projectId,
      ids.map(({ eventId }) => eventId),
    );
    for (const { id, origin, type, data, userId } of events) {
      if (origin !== "SQL") continue;
      fingerprints.set(id, fingerprintOf({ type, data: parseJson(data ?? "null"), userId }));
    }
  }
  return owners.map((owner) => ({
    ...owner,
    fingerprint: fingerprints.get(owner.eventId) ?? owner.fingerprint,
  }));
}

const keyOf = ({ projectId, key }: Pick<KeyClaim, "projectId" | "key">) => `${projectId} ${key}`;

/**
 * Claims the keys of all calls; gives back, by event id, the event that an earlier use of its key stands for.
 * Throws IDEMPOTENCY_CONFLICT when a key was used with another body.
 */
export async function resolveKeys(tx: Tx, calls: KeyedCall[]): Promise<Map<string, string>> {
  const duplicateOf = new Map<string, string>();
  const claims = calls.flatMap(({ keys }) => keys);
  if (claims.length === 0) return duplicateOf;
  const taken = await comparable(tx, claims, await claimKeys(tx, claims, calls.length === 1));
  const owners = new Map(taken.map((owner) => [keyOf(owner), owner]));
  const clashes: UserErrorDetail[] = [];
  for (const { planned, keys } of calls) {
    for (const claim of keys) {
      const owner = owners.get(keyOf(claim));
      // Within one batch the first claim of a key was inserted, and owns it for the later ones.
      if (!owner || owner.eventId === claim.eventId) continue;
      if (owner.fingerprint === claim.fingerprint) {
        duplicateOf.set(claim.eventId, owner.eventId);
        continue;
      }
      const index = planned.findIndex(({ event }) => event.id === claim.eventId);
      const message = `idempotency key '${claim.key}' was used before with another body; use a new key for a new event`;
      clashes.push({
        code: "IDEMPOTENCY_CONFLICT",
        message,
        path: [String(index), "idempotencyKey"],
      });
    }
  }
  if (clashes.length > 0) throw new UserError(clashes);
  return duplicateOf;
}
