import type { Sql, Tx } from "../connection/client.ts";
import { stripNul } from "../page/stripNul.ts";
import type { Narrowed } from "../schema/narrowed.ts";
import type { hooks } from "../schema/tables.ts";

export type HookStatus = "PENDING_VERIFICATION" | "ACTIVE" | "PAUSED" | "DISABLED" | "DELETED";
export type HookFormat =
  | "CLOUD_EVENT"
  | "CLOUD_EVENT_STRUCTURED"
  | "CLOUD_EVENT_BINARY"
  | "RESOURCE"
  | "EVENT"
  | "DATA";
/** The handshake that the target must pass before it receives anything. */
export type HookVerification = "NONE" | "HOOK_SECRET" | "CLOUD_EVENTS";

/** What follows when a delivery with a key is lost: the key is blocked, or goes on without it. */
type OrderFailure = "BLOCK" | "PARK" | "SKIP";

/** What makes the body of a hook with a template or a selection. */
export type PayloadRow = Pick<HookRow, "format" | "template" | "templateContentType" | "selection">;

/**
 * A sealed secret; `expiresAt` is set once it has been rotated out. A private key's public key stands beside it, for
 * receivers; the secret of an HMAC has none.
 */
export type SealedSecret = { sealed: string; expiresAt: string | null; publicKey?: string };

/** When a hook is DISABLED: after so many failed attempts in a row, over at least so many hours. */
export type DisableAfter = { failures: number; hours: number };

/** What is shown of an X.509 certificate. */
export type ShownCertificate = { subject: string; notAfter: string };

/** How a hook's requests authenticate: what is shown of it, and all of it, sealed. */
export type StoredAuth = {
  sealed: string;
  oauth2?: {
    tokenUrl: string;
    clientId: string;
    clientAuthentication: "CLIENT_SECRET_BASIC" | "CLIENT_SECRET_POST";
    scope: string | null;
    audience: string | null;
  };
  mtls?: ShownCertificate;
  ca?: ShownCertificate[];
};

/** A hook as stored; `headers`, `secrets` and `auth` are sealed. */
export type HookRow = Narrowed<
  Omit<
    typeof hooks.$inferSelect,
    | "kind"
    | "handshake"
    | "handshakeAttempts"
    | "handshakeDueAt"
    | "rateTat"
    | "disableAfterFailures"
    | "disableAfterHours"
  > & { disableAfter: DisableAfter | null },
  {
    format: HookFormat;
    verification: HookVerification;
    status: HookStatus;
    secrets: SealedSecret[];
    onOrderFailure: OrderFailure;
    auth: StoredAuth | null;
  }
>;

/** The select list of a `HookRow`, from a table or row named `h`. */
export const hookColumns = (
  sql: Sql,
) => sql`h.project_id as "projectId", h.id, h.name, h.uid, h.description,
  h.metadata::text as metadata, h.types, h.channels, h.url,
  h.format, h.filter, h.user_id as "userId", h.retries, h.timeout_ms as "timeoutMs",
  h.retry_schedule_ms as "retryScheduleMs", h.headers, h.unsubscribe_on as "unsubscribeOn",
  h.max_in_flight as "maxInFlight", h.rate_limit_per_second as "rateLimitPerSecond",
  h.verification, h.allowed_per_minute as "allowedPerMinute", h.status,
  h.status_reason as "statusReason", h.secrets, h.created_at as "createdAt", h.updated_at as "updatedAt",
  h.order_by as "orderBy", h.on_order_failure as "onOrderFailure", h.final_statuses as "finalStatuses", h.auth,
  ('{"failures":' || h.disable_after_failures::text || ',"hours":' || h.disable_after_hours::text || '}')::jsonb
    as "disableAfter",
  h.template, h.template_content_type as "templateContentType", h.selection, h.changed`;

/** Hooks of one project by id, including deleted ones; unknown ids and those of other projects are left out. */
export const hooksById = (sql: Sql, projectId: string, ids: readonly string[]) =>
  sql<HookRow[]>`select ${hookColumns(sql)} from signalbox.hooks h
    where h.project_id = ${projectId} and h.id = any(${ids as string[]}::uuid[]) and h.kind = 'HOOK'`;

/** Locks a hook until the end of the transaction and returns it. */
export const lockedHook = (tx: Tx, projectId: string, id: string) =>
  tx<HookRow[]>`select ${hookColumns(tx)} from signalbox.hooks h
    where h.project_id = ${projectId} and h.id = ${id} and h.kind = 'HOOK' for update`;

/** The live hook with this name. */
export const hookByName = (sql: Sql, projectId: string, name: string) =>
  sql<HookRow[]>`select ${hookColumns(sql)} from signalbox.hooks h
    where h.project_id = ${projectId} and h.name = ${stripNul(name)} and h.status <> 'DELETED'`;

/** The live hook of a user with this `uid`. */
export const hooksByUid = (sql: Sql, projectId: string, userId: string, uid: string) =>
  sql<HookRow[]>`select ${hookColumns(sql)} from signalbox.hooks h
    where h.project_id = ${projectId} and h.user_id = ${userId} and h.uid = ${stripNul(uid)} and h.status <> 'DELETED'`;

/** How many hooks a project has, without those that are deleted. */
export async function countHooks(tx: Tx, projectId: string): Promise<number> {
  const [row] = await tx<{ n: number }[]>`select count(*)::int as n from signalbox.hooks
    where project_id = ${projectId} and status <> 'DELETED' and kind = 'HOOK'`;
  return row?.n ?? 0;
}

/** The project's live hooks with a selection. */
export const hooksWithSelection = (sql: Sql, projectId: string) =>
  sql<(Pick<HookRow, "id" | "name" | "types"> & { selection: string })[]>`
    select id, name, types, selection from signalbox.hooks
    where project_id = ${projectId} and selection is not null and status <> 'DELETED' order by id`;

/** How many they are. */
export async function countSelections(sql: Sql, projectId: string): Promise<number> {
  const [row] = await sql<{ n: number }[]>`select count(*)::int as n from signalbox.hooks
    where project_id = ${projectId} and selection is not null and status <> 'DELETED'`;
  return row?.n ?? 0;
}

/** The live hooks' fields that emits need. */
type MatchableHook = Pick<
  HookRow,
  | "id"
  | "types"
  | "channels"
  | "filter"
  | "userId"
  | "status"
  | "retries"
  | "format"
  | "orderBy"
  | "changed"
> & { hasPayload: boolean };

export const matchableHooks = (sql: Sql, projectId: string) =>
  sql<
    MatchableHook[]
  >`select h.id, h.types, h.channels, h.filter, h.user_id as "userId", h.status, h.retries, h.format,
      h.order_by as "orderBy", h.changed, h.template is not null or h.selection is not null as "hasPayload"
    from signalbox.hooks h where h.project_id = ${projectId} and h.status <> 'DELETED' and h.kind = 'HOOK'
    order by h.id`;

/** Inserts a hook with counters at zero. */
export const insertHook = (tx: Tx, hook: Omit<HookRow, "createdAt" | "updatedAt">) => tx<
  Pick<HookRow, "createdAt" | "updatedAt">[]
>`
  with counters as (
    insert into signalbox.hook_stats (project_id, hook_id) values (${hook.projectId}, ${hook.id})
  )
  insert into signalbox.hooks (project_id, id, name, uid, description, metadata, types, channels, url, format, filter, user_id, retries,
    timeout_ms, retry_schedule_ms, headers, unsubscribe_on, max_in_flight, rate_limit_per_second,
    verification, status, status_reason, secrets, order_by, on_order_failure, final_statuses, disable_after_failures,
    disable_after_hours, auth, template, template_content_type, selection, changed)
  values (${hook.projectId}, ${hook.id}, ${hook.name}, ${hook.uid}, ${hook.description},
    ${hook.metadata}::text::json, ${hook.types}::text[], ${hook.channels}::text[], ${hook.url}, ${hook.format}, ${hook.filter}, ${hook.userId}, ${hook.retries}, ${hook.timeoutMs}, ${hook.retryScheduleMs}::int[],
    ${hook.headers}, ${hook.unsubscribeOn}::smallint[], ${hook.maxInFlight}, ${hook.rateLimitPerSecond},
    ${hook.verification}, ${hook.status}, ${hook.statusReason}, ${JSON.stringify(hook.secrets)}::text::json,
    ${hook.orderBy}, ${hook.onOrderFailure}, ${hook.finalStatuses}::smallint[],
    ${hook.disableAfter?.failures ?? null}, ${hook.disableAfter?.hours ?? null},
    ${hook.auth && JSON.stringify(hook.auth)}::text::json,
    ${hook.template}, ${hook.templateContentType}, ${hook.selection}, ${hook.changed}::text[])
  returning created_at as "createdAt", updated_at as "updatedAt"`;

/** Updates every field of a hook that an update or a status change may change. */
export const updateHookRow = (tx: Tx, hook: HookRow) => tx<Pick<HookRow, "updatedAt">[]>`
  update signalbox.hooks set name = ${hook.name}, uid = ${hook.uid}, description = ${hook.description},
    metadata = ${hook.metadata}::text::json, types = ${hook.types}::text[], channels = ${hook.channels}::text[], url = ${hook.url},
    format = ${hook.format}, filter = ${hook.filter}, user_id = ${hook.userId}, retries = ${hook.retries},
    timeout_ms = ${hook.timeoutMs}, retry_schedule_ms = ${hook.retryScheduleMs}::int[],
    headers = ${hook.headers}, unsubscribe_on = ${hook.unsubscribeOn}::smallint[],
    max_in_flight = ${hook.maxInFlight}, rate_limit_per_second = ${hook.rateLimitPerSecond},
    allowed_per_minute = ${hook.allowedPerMinute}, status = ${hook.status}, status_reason = ${hook.statusReason},
    secrets = ${JSON.stringify(hook.secrets)}::text::json, updated_at = now(),
    order_by = ${hook.orderBy}, on_order_failure = ${hook.onOrderFailure},
    final_statuses = ${hook.finalStatuses}::smallint[],
    disable_after_failures = ${hook.disableAfter?.failures ?? null}, disable_after_hours = ${hook.disableAfter?.hours ?? null},
    auth = ${hook.auth && JSON.stringify(hook.auth)}::text::json,
    template = ${hook.template}, template_content_type = ${hook.templateContentType}, selection = ${hook.selection},
    changed = ${hook.changed}::text[]
  where project_id = ${hook.projectId} and id = ${hook.id} returning updated_at as "updatedAt"`;

/** Stores the rules of hooks, as they are now, from this config version on. */
export const insertHookVersions = (tx: Tx, projectId: string, ids: string[], version: number) => tx`
  insert into signalbox.hook_versions (project_id, hook_id, config_version, types, channels, format, filter, user_id, status,
    template, template_content_type, selection, changed)
  select project_id, id, ${version}, types, channels, format, filter, user_id, status, template, template_content_type,
    selection, changed
  from signalbox.hooks where project_id = ${projectId} and id = any(${ids}::uuid[])`;

/** A hook's rule under a config version. */
export type PastHook = Pick<
  HookRow,
  "id" | "types" | "channels" | "format" | "filter" | "userId" | "status" | "changed"
>;

/**
 * Every hook of the project under each of these config versions: its newest version not after it. A version that is the
 * newest for several is read once.
 */
export const hooksAsOf = (sql: Sql, projectId: string, versions: readonly number[]) =>
  sql<(PastHook & { asOf: number[] })[]>`
    with newest as (
      select p.hook_id, p.config_version, array_agg(x.version::int) as as_of
      from unnest(${versions as number[]}::bigint[]) as x(version) cross join lateral (
        select distinct on (hook_id) hook_id, config_version from signalbox.hook_versions
        where project_id = ${projectId} and config_version <= x.version
        order by hook_id, config_version desc) p
      group by p.hook_id, p.config_version
    )
    select n.as_of as "asOf", n.hook_id as id, v.types, v.channels, v.format, v.filter, v.user_id as "userId", v.status, v.changed
    from newest n cross join lateral (
      select * from signalbox.hook_versions
      where project_id = ${projectId} and hook_id = n.hook_id and config_version = n.config_version offset 0) v
    order by n.hook_id`;
