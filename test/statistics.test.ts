import { expect, test } from "vitest";
import { openDb } from "../src/db/client.ts";
import { migrate } from "../src/db/migrate.ts";
import { refreshStatistics } from "../src/db/statistics.ts";
import { emptyDatabase } from "./fixtures/database.ts";

test("a table is analyzed when its rows have quadrupled, and not for changes of those it has", async () => {
  await using database = await emptyDatabase();
  await migrate(database);
  await using db = openDb(database.url, 1);
  const { sql } = db;
  /** The rows that a table had when it was analyzed; -1 before. */
  const analyzed = async (name: string) => {
    await sql`select pg_stat_force_next_flush()`;
    await sql.begin(refreshStatistics);
    const [row] = await sql`select reltuples::int as rows from pg_class where relname = ${name}`;
    return row?.rows;
  };
  const fill = async (rows: number) => {
    await sql`insert into signalbox.changes (project_id, kind, entity_id, event_id, created, state, at)
      select gen_random_uuid(), 'EVENT', gen_random_uuid(), gen_random_uuid(), false, '{}', now() from generate_series(1, ${rows}::int)`;
    await sql`insert into signalbox.settings (name, value) select gen_random_uuid(), '' from generate_series(1, ${rows}::int)`;
  };
  expect(await analyzed("changes")).toBe(-1);
  await fill(600);
  expect(await analyzed("changes")).toBe(600);
  expect(await analyzed("settings")).toBeGreaterThanOrEqual(600);
  for (const created of [true, false, true])
    await sql`update signalbox.changes set created = ${created}`;
  await fill(1_700);
  expect(await analyzed("changes")).toBe(600);
  await fill(200);
  expect(await analyzed("changes")).toBe(2_500);
});
