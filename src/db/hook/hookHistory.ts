import type { Pool } from "../connection/client.ts";
import { throttled } from "../retention/throttle.ts";

/** Hooks, or versions of them, that a statement removes at most. */
const CHUNK = 500;
/** Those that are looked for at once: that reads all there are, so not for each chunk. */
const FOUND = 50_000;

/** Finds what is to go, and removes it some at a time, until nothing more is found. */
async function inPieces<Key>(
  find: (limit: number) => PromiseLike<Key[]>,
  remove: (keys: Key[]) => PromiseLike<unknown>,
): Promise<void> {
  let found: Key[];
  do {
    found = [...(await find(FOUND))];
    for (let at = 0; at < found.length; at += CHUNK)
      await throttled(() => remove(found.slice(at, at + CHUNK)));
  } while (found.length === FOUND);
}

type Version = { projectId: string; hookId: string; configVersion: string };

/**
 * Removes versions of hooks that no kept event can ask for: the next was there a day before the oldest event of the
 * project came, a day being room for a transaction that took long, and for clocks that differ.
 */
export const removeOldHookVersions = (sql: Pool) =>
  inPieces<Version>(
    (limit) => sql<Version[]>`
      select v.project_id as "projectId", v.hook_id as "hookId", v.config_version as "configVersion"
      from signalbox.heads p
      left join lateral (
        select received_at from signalbox.events where project_id = p.project_id order by id limit 1) e on true
      join lateral (
        select *, lead(created_at) over (partition by hook_id order by config_version) as replaced_at
        from signalbox.hook_versions where project_id = p.project_id) v on true
      where v.replaced_at < coalesce(e.received_at, now()) - interval '1 day'
      limit ${limit}`,
    (keys) => sql`
      delete from signalbox.hook_versions v using unnest(
        ${keys.map(({ projectId }) => projectId)}::uuid[], ${keys.map(({ hookId }) => hookId)}::uuid[],
        ${keys.map(({ configVersion }) => configVersion)}::bigint[]) as x(project_id, hook_id, config_version)
      where v.project_id = x.project_id and v.hook_id = x.hook_id and v.config_version = x.config_version`,
  );

type Hook = { projectId: string; id: string };

/** Removes hooks that were deleted so many days ago and have no delivery left, with all that is kept of them. */
export const removeDeletedHooks = (sql: Pool, days: number) => {
  const isGone = sql`h.status = 'DELETED' and h.kind = 'HOOK' and h.updated_at < now() - ${days} * interval '1 day'
    and not exists (select from signalbox.deliveries d where d.project_id = h.project_id and d.hook_id = h.id)`;
  return inPieces<Hook>(
    (limit) => sql<Hook[]>`
      select h.project_id as "projectId", h.id from signalbox.hooks h where ${isGone} limit ${limit}`,
    (keys) => sql`
      with gone as (
        delete from signalbox.hooks h using unnest(
          ${keys.map(({ projectId }) => projectId)}::uuid[], ${keys.map(({ id }) => id)}::uuid[]) as x(project_id, id)
        where h.project_id = x.project_id and h.id = x.id and ${isGone} returning h.project_id, h.id
      ), versions as (
        delete from signalbox.hook_versions v using gone where v.project_id = gone.project_id and v.hook_id = gone.id
      ), counters as (
        delete from signalbox.hook_stats s using gone where s.project_id = gone.project_id and s.hook_id = gone.id
      )
      delete from signalbox.hook_hours o using gone where o.project_id = gone.project_id and o.hook_id = gone.id`,
  );
};
