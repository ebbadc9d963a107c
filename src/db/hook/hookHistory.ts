import type { Pool } from "../connection/client.ts";
import { removeInChunks } from "../retention/removeInChunks.ts";

type Version = { projectId: string; hookId: string; configVersion: string };

/**
 * Deletes versions of hooks that no stored event can ask for: the next version existed a day before the project's
 * oldest event came. The day allows for long transactions and clock skew.
 */
export const removeOldHookVersions = (sql: Pool) =>
  removeInChunks<Version>(
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

/** Deletes hooks that were deleted `days` days ago and have no delivery left, with everything stored about them. */
export const removeDeletedHooks = (sql: Pool, days: number) => {
  const isGone = sql`h.status = 'DELETED' and h.kind = 'HOOK' and h.updated_at < now() - ${days} * interval '1 day'
    and not exists (select from signalbox.deliveries d where d.project_id = h.project_id and d.hook_id = h.id)`;
  return removeInChunks<Hook>(
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
