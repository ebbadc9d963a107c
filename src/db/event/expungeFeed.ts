import type { Pool } from "../connection/client.ts";
import type { Expunging } from "../queue/jobs.ts";
import { matches } from "./expunge.ts";

/** Feed rows changed per statement. */
const CHUNK = 500;
const FIRST = "-1";

/**
 * Erases the errors that the kept feed tells of the events, and of the system events that quote them, which were erased
 * at `since` (of the database's clock) or later. Reads the feed once, from the oldest of them on.
 */
export async function eraseFeedErrors(sql: Pool, which: Expunging, since: string): Promise<void> {
  const { projectId } = which;
  for (let after: string | undefined = FIRST; after !== undefined; ) {
    // As json, since jsonb refuses "\u0000".
    const changed: { last: string }[] = await sql<{ last: string }[]>`
      with erased as materialized (
        select e.id, e.received_at from signalbox.events e
        where ${matches(sql, which)} and e.expunged_at >= ${since}::text::timestamptz
        union
        select s.id, s.received_at from signalbox.events e
        join signalbox.events s on s.project_id = ${projectId} and s.cause_id = e.id
        where ${matches(sql, which)} and s.expunged_at >= ${since}::text::timestamptz
      )
      update signalbox.feed f set items = (
        select json_agg(case when (i.item->>'eventId')::uuid in (select id from erased) then (
            select json_object_agg(part.key, case when part.key = 'state' then (
              select coalesce(json_object_agg(s.key, s.value), '{}') from json_each(part.value) s
              where s.key not in ('lastError', 'error')) else part.value end)
            from json_each(i.item) part) else i.item end order by i.place)
        from json_array_elements(f.items) with ordinality as i(item, place))
      where f.project_id = ${projectId} and f.last = any(array(
        select x.last from signalbox.feed x
        where x.project_id = ${projectId} and x.last > ${after}
          and x.at >= (select min(received_at) from erased)
          and exists (select from json_array_elements(x.items) i where (i->>'eventId')::uuid in (select id from erased)
            and num_nonnulls(i->'state'->>'lastError', i->'state'->>'error') > 0)
        order by x.last limit ${CHUNK}))
      returning f.last::text`;
    const last = changed.map(({ last }) => BigInt(last)).sort((a, b) => (a < b ? -1 : 1));
    after = changed.length < CHUNK ? undefined : last.at(-1)?.toString();
  }
}
