import type { Sql } from "../connection/client.ts";
import { ofProjects } from "../nodes/across.ts";
import { atNode } from "../nodes/nodes.ts";
import type { Fragment } from "../page/page.ts";

export type ChangeKind = "EVENT" | "DELIVERY" | "HOOK" | "REPLAY" | "RESOURCE" | "ACTION" | "RUN";

/** One change in a project's feed. `state` has the entity's changing fields as they were then. */
export type Change = {
  position: number;
  projectId: string;
  kind: ChangeKind;
  entityId: string;
  eventId: string | null;
  hookId: string | null;
  created: boolean;
  state: Record<string, unknown>;
  at: Date;
};

/** A change as stored in a feed record, without what can be derived. */
export type FeedItem = {
  kind: ChangeKind;
  id: string;
  eventId?: string | null;
  hookId?: string | null;
  created?: boolean;
  state: Record<string, unknown>;
};

type FeedRecord = { projectId: string; first: string; at: Date; items: FeedItem[] };

const changesOf = ({ projectId, first, at, items }: FeedRecord): Change[] =>
  items.map(({ kind, id, eventId, hookId, created, state }, index) => ({
    position: Number(first) + index,
    projectId,
    kind,
    entityId: id,
    eventId: eventId ?? (kind === "EVENT" ? id : null),
    hookId: hookId ?? null,
    created: created ?? false,
    state,
    at,
  }));

/** Where to continue in a project's feed: after this position. */
type FeedPlace = { projectId: string; position: number };

/** The changes of one read, complete up to `upTo`. */
export type FeedPage = { changes: Change[]; upTo: number };

/** Limits of one read for a project: it stops after the record that exceeds the number of changes. */
type ReadLimits = { changes: number; records: number };
const forFollowers: ReadLimits = { changes: 500, records: 200 };

/**
 * The next changes of each of these projects, in order. Positions are dense, so nothing can be missing between two
 * records. Projects without changes are left out.
 */
export async function changesAfter(
  sql: Sql,
  places: FeedPlace[],
  limits = forFollowers,
): Promise<Map<string, FeedPage>> {
  if (!sql.isDistributed) return readChanges(sql, places, limits);
  const pages = await Promise.all(
    places.map((place) => atNode(sql, place.projectId, (sql) => readChanges(sql, [place], limits))),
  );
  return new Map(pages.flatMap((page) => [...page]));
}

async function readChanges(
  sql: Sql,
  places: FeedPlace[],
  limits: ReadLimits,
): Promise<Map<string, FeedPage>> {
  const projectIds = places.map(({ projectId }) => projectId);
  const only = (column: Fragment) => ofProjects(sql, column, places);
  const rows = await sql<(FeedRecord & { last: string })[]>`
    select x.project_id as "projectId", f.first, f.last, f.at, f.items
    from unnest(${projectIds}::uuid[],
      ${places.map(({ position }) => position)}::bigint[]) as x(project_id, position)
    join signalbox.heads h on h.project_id = x.project_id and h.head > x.position
      ${only(sql`h.project_id`)}
    cross join lateral (
      select * from (
        select f.*, sum(f.last - f.first + 1) over (order by f.last) - (f.last - f.first + 1) as before
        from signalbox.feed f
        where f.project_id = x.project_id and f.last > x.position ${only(sql`f.project_id`)}
        order by f.last limit ${limits.records}) f
      where f.before < ${limits.changes} order by f.last) f`;
  const positions = new Map(places.map(({ projectId, position }) => [projectId, position]));
  const pages = new Map<string, FeedPage>();
  for (const [projectId, records] of Map.groupBy(rows, (row) => row.projectId)) {
    const after = positions.get(projectId) ?? 0;
    const changes = records.flatMap(changesOf).filter(({ position }) => position > after);
    pages.set(projectId, { changes, upTo: Number(records.at(-1)?.last ?? after) });
  }
  return pages;
}

/**
 * A project's newest position (`head`) and the newest one that retention has removed (`horizon`, 0 if none). Valid
 * cursors lie between.
 */
export async function feedBounds(
  sql: Sql,
  projectId: string,
): Promise<{ head: number; horizon: number }> {
  const [row] = await sql<{ head: string; horizon: string }[]>`
    select head, horizon from signalbox.heads where project_id = ${projectId}`;
  return { head: Number(row?.head ?? 0), horizon: Number(row?.horizon ?? 0) };
}

/**
 * The last position of a project's feed before a time, between its bounds. Found by binary search: records are in the
 * order of their times, but time has no index.
 */
export async function lastPositionBefore(
  sql: Sql,
  projectId: string,
  { horizon, head }: { horizon: number; head: number },
  time: Date | Fragment,
): Promise<number> {
  const before = time instanceof Date ? sql`${time.toISOString()}::timestamptz` : time;
  let found = horizon;
  let end = head;
  while (found < end) {
    const middle = Math.floor((found + end) / 2);
    const [next] = await sql<{ last: string; isBefore: boolean }[]>`
      select last, at < ${before} as "isBefore" from signalbox.feed
      where project_id = ${projectId} and last > ${middle} order by last limit 1`;
    if (next?.isBefore) found = Number(next.last);
    else end = middle;
  }
  return found;
}
