import type { Pool, Tx } from "../connection/client.ts";
import { databaseNow } from "../event/schedules.ts";
import { dateOf } from "../page/minUuid7.ts";
import { briefly } from "./maintenanceSession.ts";
import {
  attachRange,
  beyond,
  type Cut,
  createRange,
  cuts,
  type Range,
  rangesOf,
} from "./partitions.ts";

const DAY_MS = 86_400_000;
/** Ranges are there for so long ahead. */
const AHEAD_MS = 2 * DAY_MS;
/** Every statement looks at every range that it cannot exclude: what is kept makes about so many. */
const RANGES_KEPT = 5;

/** How many days a range of a hub has that keeps its events for so long. */
const rangeDays = (retentionDays: number): number =>
  Math.max(1, Math.ceil(retentionDays / RANGES_KEPT));

const startOf = (ms: number, size: number) => Math.floor(ms / size) * size;

/** Takes what lies beyond all ranges and within a new one. */
async function takeBeyond(tx: Tx, cut: Cut, { name, from, to }: Range): Promise<void> {
  const source = `signalbox.${beyond(cut)}`;
  await tx.unsafe(`lock table ${source} in access exclusive mode`);
  await tx.unsafe(`
    with found as (delete from ${source} where ${cut.key} >= '${from}' and ${cut.key} < '${to}' returning *)
    insert into signalbox.${name} select * from found`);
}

const addRange = (session: Pool, cut: Cut, range: Range) =>
  briefly(session, cut, async (tx) => {
    await createRange(tx, cut, range.name);
    await takeBeyond(tx, cut, range);
    await attachRange(tx, cut, range);
  });

/** Makes a table's ranges up to some days ahead; after a long sleep one for all the time that was slept through. */
async function makeTimes(session: Pool, cut: Cut, now: number, size: number): Promise<boolean> {
  const ranges = await rangesOf(session, cut);
  let { to } = ranges.at(-1) ?? ranges[0];
  while (cut.timeOf(to) < now + AHEAD_MS) {
    const start = cut.timeOf(to);
    const present = startOf(now, size);
    const next = cut.boundAt(start < present ? present : startOf(start, size) + size);
    const range = { name: `${cut.table}_${dateOf(start)}`, from: to, to: next };
    if (!(await addRange(session, cut, range))) return false;
    to = next;
  }
  return true;
}

/** Makes what ranges are missing. Gives back whether all are there: a table may be in use for too long. */
export async function makeRanges(
  session: Pool,
  retentionDays: number,
  at?: Date,
): Promise<boolean> {
  const now = (at ?? (await databaseNow(session))).getTime();
  const size = rangeDays(retentionDays) * DAY_MS;
  const made = [];
  for (const cut of Object.values(cuts)) made.push(await makeTimes(session, cut, now, size));
  return made.every(Boolean);
}
