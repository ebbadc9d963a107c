import { firstEventsById } from "../../db/event/events.ts";
import type { Change } from "../../db/feed/changes.ts";
import type { Context } from "../../graphql/builder/context.ts";
import { eventAsOf } from "../../live/entities.ts";
import { cursorOf } from "../../live/feed.ts";
import { eventShown } from "./shown/event.ts";

/** A page of large events is cut; the rest follows after its cursor. */
const PAGE_BYTES = 4 * 1024 * 1024;
/** Events that one statement looks at: it measures their documents. */
const AT_ONCE = 100;

/**
 * The events of changes as they were then, without those that retention has removed, until the page is full; `cutAt` is
 * the position of the last one then. No more is read than is answered.
 */
export async function pageOfEvents(
  { caller: { projectId }, read }: Context,
  changes: readonly Change[],
  source: string,
) {
  const items: { cursor: string; event: object }[] = [];
  let room = PAGE_BYTES;
  for (let start = 0; start < changes.length; start += AT_ONCE) {
    const some = new Map(
      changes.slice(start, start + AT_ONCE).map((change) => [change.entityId, change]),
    );
    const rows = await read((sql) => firstEventsById(sql, projectId, [...some.keys()], room));
    for (const row of rows) {
      const change = some.get(row.id);
      if (!change) throw new Error(`event ${row.id} was not asked for`);
      items.push({ cursor: cursorOf(change), event: eventShown(eventAsOf(change, row), source) });
      if (row.filled >= room) return { items, cutAt: change.position };
    }
    room -= rows.at(-1)?.filled ?? 0;
  }
  return { items, cutAt: undefined };
}
