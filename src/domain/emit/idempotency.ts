import type { Sql, Tx } from "../../db/connection/client.ts";
import { eventsById } from "../../db/event/events.ts";
import {
  claimKeys,
  ERASED_FINGERPRINT,
  type KeyClaim,
  takenKeys,
} from "../../db/event/idempotencyKeys.ts";
import { parseJson } from "../../util/json/parseJson.ts";
import { UserError, type UserErrorDetail } from "../../util/userError.ts";
import { fingerprintOf, type PlannedEvent } from "../event/event.ts";

/** A call, as far as its idempotency keys are concerned. */
export type KeyedCall = { planned: PlannedEvent[]; keys: KeyClaim[] };

/** The keys that planned events claim. */
export const keysOf = (planned: PlannedEvent[]): KeyClaim[] =>
  planned.flatMap(({ event, fingerprint }) => {
    const { projectId, id: eventId, idempotencyKey, uid, userId } = event;
    return [
      ...(idempotencyKey !== null && fingerprint !== null
        ? [{ projectId, scope: "", key: idempotencyKey, fingerprint, eventId }]
        : []),
      ...(uid !== null && userId !== null
        ? [{ projectId, scope: userId, key: uid, fingerprint: eventId, eventId }]
        : []),
    ];
  });

const isUid = ({ scope }: KeyClaim) => scope !== "";

/** Prefixes the entries' paths with the index of the event. */
export const entriesAt = (index: number, { entries }: UserError): UserErrorDetail[] =>
  entries.map((entry) => ({ ...entry, path: [String(index), ...entry.path] }));

/** Throws the errors of the call's events, except of events whose key resolves to an existing event. */
export function checkRejections(
  { planned, keys }: KeyedCall,
  isKnown: (claim: KeyClaim) => boolean,
) {
  const known = new Set(
    keys.filter((claim) => !isUid(claim) && isKnown(claim)).map(({ eventId }) => eventId),
  );
  const entries = planned.flatMap(({ event, rejection }, index) =>
    rejection && !known.has(event.id) ? entriesAt(index, rejection) : [],
  );
  if (entries.length > 0) throw new UserError(entries);
}

/**
 * Checks the same before anything is written, by looking up the keys, so that one invalid call does not fail and
 * rewrite its batch. Costs nothing unless an event is rejected.
 */
export async function checkRejectionsEarly(sql: Sql, call: KeyedCall): Promise<void> {
  if (call.planned.every(({ rejection }) => rejection === null)) return;
  const taken = new Set((await takenKeys(sql, call.keys)).map(keyOf));
  checkRejections(call, (claim) => taken.has(keyOf(claim)));
}

/**
 * The owners of the keys, with the fingerprint that their events would have here: events written through SQL have a
 * different fingerprint, which is comparable only with others written through SQL. Costs nothing unless a body differs.
 */
async function withComparableFingerprints(
  tx: Tx,
  claims: KeyClaim[],
  owners: KeyClaim[],
): Promise<KeyClaim[]> {
  const bodies = new Set(claims.map((claim) => `${keyOf(claim)} ${claim.fingerprint}`));
  const others = owners.filter(
    (owner) => !isUid(owner) && !bodies.has(`${keyOf(owner)} ${owner.fingerprint}`),
  );
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

const keyOf = ({ projectId, scope, key }: KeyClaim) => JSON.stringify([projectId, scope, key]);

const conflictOf = ({ scope, key }: KeyClaim): Omit<UserErrorDetail, "path"> =>
  scope === ""
    ? {
        code: "IDEMPOTENCY_CONFLICT",
        message: `idempotency key '${key}' was used before with another body; use a new key for a new event`,
      }
    : { code: "NAME_TAKEN", message: `user '${scope}' has another event with the uid '${key}'` };

/** The errors of calls whose keys are taken, with the events that have them. */
export class KeysTaken extends Error {
  override name = "KeysTaken" as const;
  readonly ofCall: ReadonlyMap<KeyedCall, { error: UserError; owners: string[] }>;

  constructor(ofCall: KeysTaken["ofCall"]) {
    super("keys of these calls are taken");
    this.ofCall = ofCall;
  }
}

/**
 * Claims the keys of all calls. Returns, by event id, the existing event that the event duplicates. An erased event's key
 * stands for it whatever the body. Throws KeysTaken:
 * IDEMPOTENCY_CONFLICT when a key was used with another body, and NAME_TAKEN when a `uid` is another event's.
 */
export async function resolveKeys(tx: Tx, calls: KeyedCall[]): Promise<Map<string, string>> {
  const duplicateOf = new Map<string, string>();
  const claims = calls.flatMap(({ keys }) => keys);
  if (claims.length === 0) return duplicateOf;
  const taken = await withComparableFingerprints(
    tx,
    claims,
    await claimKeys(tx, claims, calls.length === 1),
  );
  const ownerOf = new Map(taken.map((owner) => [keyOf(owner), owner]));
  const conflicts = new Map<KeyedCall, { error: UserError; owners: string[] }>();
  for (const call of calls) {
    const { entries, owners } = conflictsOf(call, ownerOf, duplicateOf);
    if (entries.length > 0) conflicts.set(call, { error: new UserError(entries), owners });
  }
  if (conflicts.size > 0) throw new KeysTaken(conflicts);
  return duplicateOf;
}

/** Enters the duplicates of a call, and returns its conflicts with the owners of their keys. */
function conflictsOf(
  { planned, keys }: KeyedCall,
  ownerOf: ReadonlyMap<string, KeyClaim>,
  duplicateOf: Map<string, string>,
) {
  const entries: UserErrorDetail[] = [];
  const owners: string[] = [];
  // A duplicate has the `uid` of the event that it repeats.
  for (const claim of keys.toSorted((a, b) => Number(isUid(a)) - Number(isUid(b)))) {
    const owner = ownerOf.get(keyOf(claim));
    // Within one batch the first claim of a key was inserted, and owns the key for later claims.
    if (!owner || owner.eventId === claim.eventId) continue;
    if (isUid(claim) && duplicateOf.get(claim.eventId) === owner.eventId) continue;
    const isSame =
      owner.fingerprint === claim.fingerprint || owner.fingerprint === ERASED_FINGERPRINT;
    if (!isUid(claim) && isSame) {
      duplicateOf.set(claim.eventId, owner.eventId);
      continue;
    }
    const index = planned.findIndex(({ event }) => event.id === claim.eventId);
    const field = isUid(claim) ? "uid" : "idempotencyKey";
    entries.push({ ...conflictOf(claim), path: [String(index), field] });
    owners.push(owner.eventId);
  }
  return { entries, owners };
}
