import type { Sql } from "../connection/client.ts";

/** Stores the key canary unless there is one; gives back the one that is stored. */
export async function ensureCanary(sql: Sql, sealed: string): Promise<string> {
  await sql`insert into signalbox.settings (name, value) values ('key_canary', ${sealed}) on conflict do nothing`;
  const [row] = await sql<
    { value: string }[]
  >`select value from signalbox.settings where name = 'key_canary'`;
  return row?.value ?? sealed;
}

/** Stores the key canary in place of the one there is. */
export const replaceCanary = (sql: Sql, sealed: string) =>
  sql`update signalbox.settings set value = ${sealed} where name = 'key_canary'`;
