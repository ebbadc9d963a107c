import type { Sql } from "../connection/client.ts";

/** Stores the key canary if there is none. Returns the stored one. */
export async function ensureCanary(sql: Sql, sealed: string): Promise<string> {
  await sql`insert into signalbox.settings (name, value) values ('key_canary', ${sealed}) on conflict do nothing`;
  const [row] = await sql<
    { value: string }[]
  >`select value from signalbox.settings where name = 'key_canary'`;
  return row?.value ?? sealed;
}

/** Replaces the key canary. */
export const replaceCanary = (sql: Sql, sealed: string) =>
  sql`update signalbox.settings set value = ${sealed} where name = 'key_canary'`;
