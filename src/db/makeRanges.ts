import type { Pool, Tx } from "./client.ts";
import { dateOfId, leastIdAt, timeOfId } from "./leastId.ts";
import { lockFeed } from "./locks.ts";
import { briefly } from "./rangeSession.ts";
import {
  attachRange,
  beyond,
  type Cut,
  createRange,
  cuts,
  type Range,
  rangesOf,
} from "./ranges.ts";
import { databaseNow } from "./schedules.ts";

const DAY_MS = 86_400_000;
/** Ranges are there for so long ahead. */
const AHEAD_MS = 2 * DAY_MS;
/** Every statement looks at every range that it cannot exclude: what is kept makes about so many. */
const RANGES_KEPT = 5;
/** The feed's ranges are by position, of which there are enough to leave most of them out. */
const POSITIONS = 2n ** 32n;

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
    if (cut !== cuts.changes) await takeBeyond(tx, cut, range);
    await attachRange(tx, cut, range);
  });

/** Makes a table's ranges up to some days ahead; after a long sleep one for all the time that was slept through. */
async function makeTimes(session: Pool, cut: Cut, now: number, size: number): Promise<boolean> {
  const ranges = await rangesOf(session, cut);
  let { to } = ranges.at(-1) ?? ranges[0];
  while (timeOfId(to) < now + AHEAD_MS) {
    const start = timeOfId(to);
    const present = startOf(now, size);
    const next = leastIdAt(start < present ? present : startOf(start, size) + size);
    const range = { name: `${cut.table}_${dateOfId(to)}`, from: to, to: next };
    if (!(await addRange(session, cut, range))) return false;
    to = next;
  }
  return true;
}

/** The position that the feed has come to. */
async function feedHead(session: Pool): Promise<bigint> {
  const [row] = await session<{ head: string }[]>`
    select last_value as head from signalbox.changes_position_seq`;
  return BigInt(row?.head ?? 0);
}

/** Makes the feed's ranges: the one that is written, and the next. */
async function makePositions(session: Pool): Promise<boolean> {
  const cut = cuts.changes;
  const wanted = ((await feedHead(session)) / POSITIONS + 2n) * POSITIONS;
  const ranges = await rangesOf(session, cut);
  const { to } = ranges.at(-1) ?? ranges[0];
  for (let from = BigInt(to); from < wanted; from += POSITIONS) {
    const name = `changes_${from / POSITIONS}`;
    const range = { name, from: String(from), to: String(from + POSITIONS) };
    if (!(await addRange(session, cut, range))) return false;
  }
  return true;
}

/** Lets the feed go on in its next range, which is there, when the one that is written has rows so many days old. */
async function turnFeed(session: Pool, days: number): Promise<void> {
  await session.begin(async (tx) => {
    await lockFeed(tx);
    await tx`
      with next as (
        select (last_value / ${String(POSITIONS)}::bigint + 1) * ${String(POSITIONS)}::bigint as position
        from signalbox.changes_position_seq
      )
      select setval('signalbox.changes_position_seq', next.position, false) from next
      where (select at from signalbox.changes where position >= next.position - ${String(POSITIONS)}::bigint
        order by position limit 1) < now() - ${days} * interval '1 day'`;
  });
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
  for (const cut of [cuts.events, cuts.deliveries, cuts.attempts])
    made.push(await makeTimes(session, cut, now, size));
  made.push(await makePositions(session));
  if (made.at(-1)) await turnFeed(session, rangeDays(retentionDays));
  return made.every(Boolean);
}
