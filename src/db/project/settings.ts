import type { Sql } from "../connection/client.ts";

/** The key check value, under the older name that stored databases have. */
const NAME = "key_canary";

/** Stores the key check value if there is none. Returns the stored one. */
export async function ensureKeyCheckValue(sql: Sql, sealed: string): Promise<string> {
  await sql`insert into signalbox.settings (name, value) values (${NAME}, ${sealed}) on conflict do nothing`;
  const [row] = await sql<
    { value: string }[]
  >`select value from signalbox.settings where name = ${NAME}`;
  return row?.value ?? sealed;
}

/** Replaces the key check value. */
export const replaceKeyCheckValue = (sql: Sql, sealed: string) =>
  sql`update signalbox.settings set value = ${sealed} where name = ${NAME}`;
