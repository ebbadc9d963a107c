import type { Sql, Tx } from "../connection/client.ts";
import { stripNul } from "../page/stripNul.ts";

export type Scope = "PROJECT" | "HOOK" | "TYPE";
export type Step = "MINUTE" | "HOUR";

/** What is counted in a minute or an hour. */
export type Counts = {
  /** Events accepted; of a hook: deliveries created. */
  accepted: number;
  succeeded: number;
  failed: number;
  /** Failed attempts that are followed by another. */
  retried: number;
  /** Successful deliveries by bucket of their latency. */
  latencies: Record<string, number>;
  /** Attempts by the status code of the answer; 0 for none. */
  answers: Record<string, number>;
};

/** What is counted, and when: a minute or an hour of a project, a hook or an event type. */
export type Place = { scope: Scope; subject: string; step: Step; at: Date };

/** How far a project's statistics are: up to a position of its feed, and the time of what is there. */
type CountedTo = { position: number; at: Date | null };

/** Projects with changes that are not counted yet. */
export const uncountedProjects = async (sql: Sql): Promise<string[]> =>
  (
    await sql<{ projectId: string }[]>`
      select h.project_id as "projectId" from signalbox.heads h
      left join signalbox.statistics_positions s on s.project_id = h.project_id
      where h.head > coalesce(s.position, 0)`
  ).map(({ projectId }) => projectId);

/** Locks a project's position; null if another process is counting. */
export async function lockCountedTo(tx: Tx, projectId: string): Promise<number | null> {
  await tx`insert into signalbox.statistics_positions (project_id, position) values (${projectId}, 0)
    on conflict do nothing`;
  const [row] = await tx<{ position: string }[]>`
    select position from signalbox.statistics_positions where project_id = ${projectId} for update skip locked`;
  return row ? Number(row.position) : null;
}

export const saveCountedTo = (tx: Tx, projectId: string, { position, at }: CountedTo) => tx`
  update signalbox.statistics_positions set position = ${position}, at = coalesce(${at}, at)
  where project_id = ${projectId}`;

/** When the newest counted change happened; null if nothing is counted. */
export async function countedAt(sql: Sql, projectId: string): Promise<Date | null> {
  const [row] = await sql<{ at: Date | null }[]>`
    select at from signalbox.statistics_positions where project_id = ${projectId}`;
  return row?.at ?? null;
}

/** What statistics need of an event: its type, and when its deliveries could begin. */
type CountedEvent = { id: string; type: string; startedAt: Date };

export async function countedEvents(
  sql: Sql,
  projectId: string,
  ids: readonly string[],
): Promise<CountedEvent[]> {
  const sorted = ids.toSorted();
  const [least, greatest] = [sorted[0], sorted.at(-1)];
  if (least === undefined || greatest === undefined) return [];
  // The bounds let the planner prune partitions.
  return sql<CountedEvent[]>`
    select id, type, coalesce(scheduled_for, received_at) as "startedAt" from signalbox.events
    where project_id = ${projectId} and id = any(${sorted}::uuid[]) and id between ${least} and ${greatest}`;
}

/** When these ended deliveries were created. */
export async function createdAtOf(
  sql: Sql,
  projectId: string,
  deliveries: readonly { id: string; eventId: string }[],
): Promise<Map<string, Date>> {
  if (deliveries.length === 0) return new Map();
  const rows = await sql<{ id: string; createdAt: Date }[]>`
    select id, created_at as "createdAt" from signalbox.ended_deliveries
    where project_id = ${projectId} and event_id = any(${deliveries.map(({ eventId }) => eventId)}::uuid[])
      and id = any(${deliveries.map(({ id }) => id)}::uuid[])`;
  return new Map(rows.map(({ id, createdAt }) => [id, createdAt]));
}

/** Which of these are hooks, not the queues of workflows. */
export const hooksAmong = async (sql: Sql, projectId: string, ids: readonly string[]) =>
  new Set(
    (
      await sql<{ id: string }[]>`
        select id from signalbox.hooks
        where project_id = ${projectId} and id = any(${ids as string[]}::uuid[]) and kind = 'HOOK'`
    ).map(({ id }) => id),
  );

type Stored = Omit<Counts, "latencies" | "answers"> & { latencies: string; answers: string };
const read = <Row extends Stored>({ latencies, answers, ...row }: Row) => ({
  ...row,
  latencies: JSON.parse(latencies) as Counts["latencies"],
  answers: JSON.parse(answers) as Counts["answers"],
});

const columns = (sql: Sql) =>
  sql`s.at, s.accepted, s.succeeded, s.failed, s.retried, s.latencies::text, s.answers::text`;

/** The stored counts of these places. The caller holds the lock of the project's position. */
export async function countsAt(
  tx: Tx,
  projectId: string,
  places: readonly Place[],
): Promise<(Place & Counts)[]> {
  const rows = await tx<(Place & Stored)[]>`
    select s.scope, s.subject, s.step, ${columns(tx)}
    from json_to_recordset(${JSON.stringify(places)}::text::json)
      as p(scope text, subject text, step text, at timestamptz)
    join signalbox.statistics s on s.project_id = ${projectId} and s.scope = p.scope and s.subject = p.subject
      and s.step = p.step and s.at = p.at`;
  return rows.map(read);
}

/** Stores counts in place of the former ones. */
export const saveCounts = (tx: Tx, projectId: string, rows: readonly (Place & Counts)[]) => tx`
  insert into signalbox.statistics (project_id, scope, subject, step, at, accepted, succeeded, failed, retried,
    latencies, answers)
  select ${projectId}, scope, subject, step, at, accepted, succeeded, failed, retried, latencies, answers
  from json_to_recordset(${JSON.stringify(rows)}::text::json) as x(scope text, subject text, step text,
    at timestamptz, accepted integer, succeeded integer, failed integer, retried integer, latencies json,
    answers json)
  on conflict (project_id, scope, subject, step, at) do update set accepted = excluded.accepted,
    succeeded = excluded.succeeded, failed = excluded.failed, retried = excluded.retried,
    latencies = excluded.latencies, answers = excluded.answers`;

/** The counts from `since` on and before `until`, oldest first. Steps without any are missing. */
export async function countsBetween(
  sql: Sql,
  projectId: string,
  { scope, subject, step }: Omit<Place, "at">,
  since: Date,
  until: Date,
): Promise<({ at: Date } & Counts)[]> {
  const rows = await sql<({ at: Date } & Stored)[]>`
    select ${columns(sql)} from signalbox.statistics s
    where s.project_id = ${projectId} and s.scope = ${scope} and s.subject = ${stripNul(subject)} and s.step = ${step}
      and s.at >= ${since} and s.at < ${until}
    order by s.at`;
  return rows.map(read);
}

/** Deletes minutes after two days, and hours after 90. */
export const removeOldStatistics = async (sql: Sql) => {
  await sql`delete from signalbox.statistics where step = 'MINUTE' and at < now() - interval '2 days'`;
  await sql`delete from signalbox.statistics where step = 'HOUR' and at < now() - interval '90 days'`;
};
