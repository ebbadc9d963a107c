import type { Sql } from "../../../src/db/connection/client.ts";
import { newId } from "../../../src/util/ids.ts";

/** Ids and cursors of what is stored, spread evenly over its whole time. */
export type Samples = Record<
  "events" | "deliveries" | "hooks" | "actions" | "runs" | "resources" | "workflows" | "replays",
  string[]
> & { oldest: number };

const DAY_MS = 86_400_000;

/** The least id of a moment. */
const idAt = (ms: number) => {
  const hex = Math.floor(ms).toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
};

/** So many of each, of the first project; fewer where there are fewer. */
export async function takeSamples(sql: Sql, count: number): Promise<Samples> {
  const [first] = await sql<
    { id: string }[]
  >`select id from signalbox.projects order by id limit 1`;
  const projectId = first?.id ?? newId();
  const [event] = await sql<{ ms: number }[]>`
    select extract(epoch from received_at)::float8 * 1000 as ms from signalbox.events
    where project_id = ${projectId} order by id limit 1`;
  const oldest = event?.ms ?? Date.now() - DAY_MS;
  const moments = Array.from({ length: count }, (_, index) =>
    idAt(oldest + ((Date.now() - oldest) * (index + 0.5)) / count),
  );
  const spread = async (table: string) => {
    const rows = await sql<{ id: string }[]>`
      select distinct f.id from unnest(${moments}::uuid[]) as x(id) cross join lateral (
        select id from signalbox.${sql(table)} t where t.project_id = ${projectId} and t.id >= x.id
        order by t.id limit 1) f order by f.id`;
    return rows.map(({ id }) => id);
  };
  const hooks = await sql<{ id: string }[]>`
    select id from signalbox.hooks where project_id = ${projectId} and kind = 'HOOK' order by id`;
  const any = async (table: string) =>
    (
      await sql<{ id: string }[]>`select id from signalbox.${sql(table)}
        where project_id = ${projectId} order by id limit ${count}`
    ).map(({ id }) => id);
  return {
    events: await spread("events"),
    deliveries: await spread("deliveries"),
    actions: await spread("actions"),
    runs: await spread("workflow_runs"),
    resources: await any("resources"),
    workflows: await any("workflows"),
    replays: await any("replays"),
    hooks: hooks.map(({ id }) => id),
    oldest,
  };
}
