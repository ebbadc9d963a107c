import type { Sql, Tx } from "../connection/client.ts";
import type { Narrowed } from "../schema/narrowed.ts";
import type { apiKeys } from "../schema/tables.ts";

export type Role = "ADMIN" | "EMITTER" | "OPERATOR" | "VIEWER";

export type ApiKeyRow = Narrowed<Omit<typeof apiKeys.$inferSelect, "digest">, { role: Role }>;

const columns = (
  sql: Sql,
) => sql`project_id as "projectId", id, name, role, prefix, created_at as "createdAt",
  last_used_at as "lastUsedAt", revoked_at as "revokedAt"`;

/** The keys with these digests, including revoked ones. */
export const keysByDigest = (sql: Sql, digests: readonly string[]) => sql<
  (ApiKeyRow & { digest: string })[]
>`
  select digest, ${columns(sql)} from signalbox.api_keys where digest = any(${digests as string[]})`;

/** All keys of a project, newest first. */
export const keysOf = (sql: Sql, projectId: string) => sql<ApiKeyRow[]>`
  select ${columns(sql)} from signalbox.api_keys where project_id = ${projectId} order by id desc`;

export const keysById = (sql: Sql, projectId: string, ids: readonly string[]) => sql<ApiKeyRow[]>`
  select ${columns(sql)} from signalbox.api_keys
  where project_id = ${projectId} and id = any(${ids as string[]}::uuid[])`;

/** The project of a key, for operators, who act across projects. */
export async function projectOfKey(sql: Sql, id: string): Promise<string | undefined> {
  const [row] = await sql<{ projectId: string }[]>`
    select project_id as "projectId" from signalbox.api_keys where id::text = lower(${id})`;
  return row?.projectId;
}

type NewKey = Omit<ApiKeyRow, "createdAt" | "lastUsedAt" | "revokedAt"> & { digest: string };

export async function insertKey(sql: Sql, key: NewKey): Promise<ApiKeyRow> {
  const [row] = await sql<ApiKeyRow[]>`
    insert into signalbox.api_keys (project_id, id, name, role, prefix, digest)
    values (${key.projectId}, ${key.id}, ${key.name}, ${key.role}, ${key.prefix}, ${key.digest})
    returning ${columns(sql)}`;
  if (!row) throw new Error(`key ${key.id} was not inserted`);
  return row;
}

/** Locks a key until the end of the transaction and returns it. */
export async function lockedKey(
  tx: Tx,
  projectId: string,
  id: string,
): Promise<ApiKeyRow | undefined> {
  const [row] = await tx<ApiKeyRow[]>`select ${columns(tx)} from signalbox.api_keys
    where project_id = ${projectId} and id = ${id} for update`;
  return row;
}

/** Revokes a key. The time of the first revocation is kept. */
export async function revokeKey(
  sql: Sql,
  projectId: string,
  id: string,
): Promise<ApiKeyRow | undefined> {
  const [row] = await sql<ApiKeyRow[]>`
    update signalbox.api_keys set revoked_at = least(revoked_at, now())
    where project_id = ${projectId} and id = ${id} returning ${columns(sql)}`;
  return row;
}

/** Records that keys are in use, to the minute. */
export const touchKeys = (sql: Sql, ids: string[]) => sql`
  update signalbox.api_keys set last_used_at = now()
  where id = any(${ids}::uuid[]) and (last_used_at is null or last_used_at < now() - interval '1 minute')`;

/** Those of the keys that are revoked or deleted. */
export const revokedAmong = (sql: Sql, ids: string[]) => sql<{ id: string }[]>`
  select x.id from unnest(${ids}::uuid[]) as x(id)
  where not exists (select from signalbox.api_keys k where k.id = x.id and k.revoked_at is null)`;
