import type { Sql, Tx } from "../connection/client.ts";
import { stripNul } from "../page/stripNul.ts";

/**
 * A key claimed by an event: its idempotency key (scope ""), with the fingerprint of its body, or its `uid` (the scope
 * is its user), which no other event of the user may have, whatever its body. In a scope that is no user's id, what has
 * the key may be something else.
 */
export type KeyClaim = {
  projectId: string;
  scope: string;
  key: string;
  fingerprint: string;
  eventId: string;
};

/** A fingerprint that no body has: what is left of an erased event's idempotency key. */
export const ERASED_FINGERPRINT = "";

/** Those of the keys that another event has, with that event. */
export const takenKeys = (sql: Sql, claims: KeyClaim[]) => sql<KeyClaim[]>`
  select k.project_id as "projectId", k.scope, k.key, k.fingerprint, k.event_id as "eventId"
  from signalbox.idempotency_keys k
  join unnest(${claims.map((c) => c.projectId)}::uuid[], ${claims.map((c) => c.scope)}::text[],
    ${claims.map((c) => c.key)}::text[], ${claims.map((c) => c.eventId)}::uuid[])
    as x(project_id, scope, key, event_id)
    on k.project_id = x.project_id and k.scope = x.scope and k.key = x.key and k.event_id <> x.event_id`;

/** Claims a key for something else than an event, and returns who has it. */
export async function claimOne(
  sql: Sql,
  { projectId, scope, key, fingerprint, eventId }: KeyClaim,
): Promise<Pick<KeyClaim, "fingerprint" | "eventId">> {
  await sql`
    insert into signalbox.idempotency_keys (project_id, scope, key, fingerprint, event_id)
    values (${projectId}, ${scope}, ${key}, ${fingerprint}, ${eventId}) on conflict do nothing`;
  const [owner] = await sql<Pick<KeyClaim, "fingerprint" | "eventId">[]>`
    select fingerprint, event_id as "eventId" from signalbox.idempotency_keys
    where project_id = ${projectId} and scope = ${scope} and key = ${key}`;
  return owner ?? { fingerprint, eventId };
}

/** Frees a key, unless something else has it by now. */
export const giveUpKey = (sql: Sql, { projectId, scope, key, eventId }: KeyClaim) => sql`
  delete from signalbox.idempotency_keys
  where project_id = ${projectId} and scope = ${scope} and key = ${key} and event_id = ${eventId}`;

/** The event of a user that has this `uid`. */
export const eventIdOfUid = (
  sql: Sql,
  { projectId, userId, uid }: { projectId: string; userId: string; uid: string },
) => sql<{ eventId: string }[]>`
  select event_id as "eventId" from signalbox.idempotency_keys
  where project_id = ${projectId} and scope = ${userId} and key = ${stripNul(uid)}`;

/**
 * Claims the keys. Returns those that were taken before, with their events. Keys are claimed in order, so that two
 * processes that claim the same keys wait for each other in one direction only. The wait is short (55P03): a
 * transaction that emitted with a key through signalbox.emit() may stay open. Keys of several calls wait less: each
 * time the batch is halved to find the held key, the others wait again.
 */
export async function claimKeys(tx: Tx, claims: KeyClaim[], areOfOneCall: boolean) {
  const patienceMs = areOfOneCall ? 1_000 : 50;
  const [, , , taken] = await Promise.all([
    tx`set local lock_timeout to ${tx.unsafe(`${patienceMs}`)}`,
    tx`
    insert into signalbox.idempotency_keys (project_id, scope, key, fingerprint, event_id)
    select * from unnest(${claims.map((c) => c.projectId)}::uuid[], ${claims.map((c) => c.scope)}::text[],
      ${claims.map((c) => c.key)}::text[], ${claims.map((c) => c.fingerprint)}::text[],
      ${claims.map((c) => c.eventId)}::uuid[]) as x(project_id, scope, key, fingerprint, event_id)
    order by project_id, scope, key, event_id
    on conflict do nothing`,
    tx`set local lock_timeout to default`,
    takenKeys(tx, claims),
  ]);
  return taken;
}
