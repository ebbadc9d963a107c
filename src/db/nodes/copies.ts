import type { Pool, Tx } from "../connection/pool/sql.ts";
import { plans } from "../connection/sessionSettings.ts";

/**
 * Citus plans a statement with a join again at each call, 150 to 500 µs each, and does not support all of SQL. So the
 * steps of an event's life run as copies, one per shard, which name the shard's own tables: ordinary tables to
 * PostgreSQL. Callers still call `signalbox.accept`. It is a door that Citus runs on the project's node and that calls
 * the copy for the project's shard. Its original text is kept as `accept_source`.
 */
const steps = ["accept", "claim", "finish"];
/** Functions called by the steps that read or write. */
const helpers = [
  "complete_events",
  "count_outcomes",
  "end_deliveries",
  "advance_keys",
  "leave_order",
  "enter_order",
];

const sourceOf = (step: string) => `${step}_source`;
/** The first line of a door, which distinguishes it from a function replaced by a migration. */
const DOOR = "-- Leads to the copy of the project's shard.";

type Function = {
  oid: number;
  name: string;
  args: string;
  /** The names of its arguments, for the call. */
  given: string;
  types: string;
  result: string;
  language: string;
  body: string;
};

const functionsOf = (sql: Tx, names: string[]) => sql<Function[]>`
  select p.oid, proname as name, pg_get_function_arguments(p.oid) as args, pg_get_function_result(p.oid) as result,
    array_to_string(proargnames[:pronargs], ', ') as given, oidvectortypes(proargtypes) as types, lanname as language,
    prosrc as body
  from pg_proc p join pg_language l on l.oid = prolang
  where pronamespace = 'signalbox'::regnamespace and proname = any(${names}::text[]) order by 2`;

/** One shard of each table, all on the same node. */
type Shard = { id: string; tables: Record<string, string> };

const shardsOf = (sql: Tx) => sql<Shard[]>`
  select (min(shardid) filter (where relname = 'heads'))::text as id, json_object_agg(relname, shardid::text) as tables
  from pg_dist_shard s join pg_dist_partition p using (logicalrelid) join pg_class c on c.oid = logicalrelid
  where colocationid = (select colocationid from pg_dist_partition where logicalrelid = 'signalbox.heads'::regclass)
    and c.relnamespace = 'signalbox'::regnamespace
  group by shardminvalue order by shardminvalue::int`;

const quoted = (text: string) => `$copied$${text}$copied$`;

/** A function body with a shard's own tables and functions. */
const ofShard = (text: string, { id, tables }: Shard) =>
  text.replace(/signalbox\.(\w+)/g, (whole, name: string) => {
    if (name in tables) return `${whole}_${tables[name]}`;
    return helpers.includes(name) ? `${whole}_${id}` : whole;
  });

/** The planner settings of the steps, as on one PostgreSQL, whoever's session calls them. */
const planning = Object.entries({ plan_cache_mode: "force_generic_plan", ...plans.once })
  .map(([name, value]) => `set ${name} = '${value}'`)
  .join(" ");

const create = ({ name, args, result, language }: Function, body: string, settings = "") =>
  `create or replace function signalbox.${name}(${args}) returns ${result} language ${language} ${settings} as ${quoted(body)}`;

/**
 * Citus does not notice that a statement which names a shard uses it. Without this lock a move of the shard loses what
 * is written meanwhile: 704 of 1,950 acknowledged events [measured].
 */
const hold = `create or replace function signalbox.hold(p_shard bigint) returns void language plpgsql as $$
begin
  -- What Citus's own writes take: a move waits for it.
  perform lock_shard_metadata(5, array[p_shard]);
  if not exists (select from pg_dist_placement where shardid = p_shard
    and groupid = (select groupid from pg_dist_local_group)) then
    raise exception 'shard % is on another node', p_shard using errcode = 'SB009';
  end if;
end $$`;

const holding = (body: string, { id }: Shard) =>
  body.replace(/^BEGIN$/m, `BEGIN\n  PERFORM signalbox.hold(${id});`);

function door(step: Function, shards: Shard[]): string {
  const returned = step.result.startsWith("TABLE") ? "RETURN QUERY SELECT * FROM" : "RETURN";
  const cases = shards.map(
    ({ id }) => `    WHEN ${id} THEN ${returned} signalbox.${step.name}_${id}(${step.given});`,
  );
  return `
${DOOR}
BEGIN
  CASE get_shard_id_for_distribution_column('signalbox.heads', p_project)
${cases.join("\n")}
  END CASE;
END
`;
}

/** Saves the original texts of the steps: at first, and after a migration has changed one. */
async function keepSources(tx: Tx): Promise<void> {
  for (const step of await functionsOf(tx, steps))
    if (!step.body.includes(DOOR))
      await tx.unsafe(create({ ...step, name: sourceOf(step.name) }, step.body));
}

/** Creates the copies and the doors from the current functions. Returns the number of shards. */
export const copyFunctions = (session: Pool): Promise<number> =>
  session.begin(async (tx) => {
    // A copy names tables that do not exist on the coordinator.
    await tx`select set_config('check_function_bodies', 'off', true)`;
    await tx.unsafe(hold);
    await keepSources(tx);
    const shards = await shardsOf(tx);
    const sources = await functionsOf(tx, steps.map(sourceOf));
    const made = [
      ...(await functionsOf(tx, helpers)),
      ...sources.map((source) => ({ ...source, name: source.name.replace(/_source$/, "") })),
    ];
    for (const shard of shards)
      for (const one of made) {
        const isStep = steps.includes(one.name);
        const text = ofShard(one.body, shard);
        const body = isStep ? holding(text, shard) : text;
        const copy = { ...one, name: `${one.name}_${shard.id}` };
        await tx.unsafe(create(copy, body, isStep ? planning : ""));
      }
    for (const step of made.filter(({ name }) => steps.includes(name))) {
      await tx.unsafe(create(step, door(step, shards)));
      // "Forced": delegated inside a transaction of the coordinator, too.
      await tx`select create_distributed_function(${`signalbox.${step.name}(${step.types})`}::regprocedure, 'p_project',
        colocate_with => 'signalbox.heads', force_delegation => true)`;
    }
    return shards.length;
  });
