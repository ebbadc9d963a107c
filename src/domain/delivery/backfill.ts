/**
 * A backfill makes the deliveries that a hook never got: of stored events that it matches now. The events are matched
 * when it is requested, outside of transactions, in the order of their acceptance, and stored as the list of a replay
 * (replay.ts), whose job takes one chunk at a time. Under the lock of the project's head a chunk skips the events that
 * the hook has got meanwhile: two backfills at once, or one that is repeated after a crash, deliver nothing twice.
 */
import type { Pool, Sql, Tx } from "../../db/connection/client.ts";
import { recordMoves } from "../../db/delivery/record.ts";
import { heldHookStatus, recordReopened } from "../../db/delivery/retries.ts";
import { keepResources, resourcesOfEvents } from "../../db/event/eventResources.ts";
import { type EventRow, eventsById } from "../../db/event/events.ts";
import { enterFeed, writeToFeed } from "../../db/feed/record.ts";
import { type HookRow, hooksById } from "../../db/hook/hooks.ts";
import { addJobs, deliverJobs } from "../../db/queue/jobs.ts";
import {
  type BackfillSpan,
  countTriggered,
  insertBackfill,
  insertMissed,
  missedEvents,
} from "../../db/replay/backfills.ts";
import {
  advanceReplay,
  type ReplayRow,
  recordReplay,
  replayJob,
  replaysById,
} from "../../db/replay/replays.ts";
import { newId } from "../../util/ids.ts";
import { createTimeSlice } from "../../util/timeSlice.ts";
import { userError } from "../../util/userError.ts";
import { audit } from "../audit/audit.ts";
import { resourcesNow } from "../emit/matchContext.ts";
import { filterInput } from "../filter/filterEvent.ts";
import type { FilterRunner } from "../filter/filterRunner.ts";
import { evaluateHook, filterView } from "../hook/hookMatching.ts";
import type { ProjectConfigs } from "../project/projectConfig.ts";
import { checkWindow, hookToReplay, MAX_MATCHED, REPLAY_CHUNK } from "./replayScope.ts";

type BackfillInput = {
  hookId: string;
  since: Date;
  until?: Date | null | undefined;
  /** Only counts. */
  dryRun?: boolean | null | undefined;
};

type Read = <Result>(work: (sql: Sql) => PromiseLike<Result>) => Promise<Result>;
type Requesting = {
  caller: { projectId: string };
  hub: { db: { sql: Pool }; configs: ProjectConfigs; programs: { filters: FilterRunner } };
  read: Read;
};

/** Events matched between two reads: their data may take 256 KiB each. */
const PAGE = 200;
/** A hook without a filter needs no data. */
const PAGE_OF_HEADS = 2_000;
/** The caller waits for the matching; an operation ends after 30 s. */
const PATIENCE_MS = 15_000;
const FIRST = "00000000-0000-0000-0000-000000000000";

/** Returns whether there is a resource to send for an event: a stored one, or the current one. */
async function resourcesFor(sql: Sql, projectId: string, events: EventRow[]) {
  const ids = events.map(({ id }) => id);
  const stored = new Set((await resourcesOfEvents(sql, projectId, ids)).map((row) => row.eventId));
  const now = await resourcesNow(sql, events);
  return (event: EventRow) => stored.has(event.id) || now.resourceOf(event) !== null;
}

async function nextPage(sql: Sql, hook: HookRow, span: BackfillSpan, after: string) {
  const limit = hook.filter === null ? PAGE_OF_HEADS : PAGE;
  const events = await missedEvents(sql, hook, span, after, limit);
  const hasResource =
    hook.format === "RESOURCE" ? await resourcesFor(sql, hook.projectId, events) : () => false;
  return { events, hasResource, isLast: events.length < limit };
}

/** The events that a hook matches now and never got, in the order of acceptance. */
async function matchMissed(
  { caller: { projectId }, hub, read }: Requesting,
  hook: HookRow,
  span: BackfillSpan,
): Promise<string[]> {
  const source = (await hub.configs.lastKnown([projectId])).get(projectId)?.source ?? "";
  const ids: string[] = [];
  const nextSlice = createTimeSlice();
  const endsAt = performance.now() + PATIENCE_MS;
  const patience = { until: AbortSignal.timeout(PATIENCE_MS) };
  const tooMany = (why: string) =>
    userError("LIMIT_REACHED", `${why}; choose a narrower window`, ["until"]);
  let after = FIRST;
  for (;;) {
    const { events, hasResource, isLast } = await read((sql) => nextPage(sql, hook, span, after));
    for (const event of events) {
      after = event.id;
      const view = filterInput(filterView(event, source));
      const { reason } = await evaluateHook(
        projectId,
        hook,
        view,
        hasResource(event),
        hub.programs.filters,
        patience,
      );
      if (reason === "MATCHED" || reason === "PAUSED") ids.push(event.id);
      if (performance.now() > endsAt)
        throw tooMany(
          `${PATIENCE_MS / 1_000} s sufficed to match the events until ${event.receivedAt.toISOString()}`,
        );
      await nextSlice();
    }
    if (ids.length > MAX_MATCHED) throw tooMany(`more than ${MAX_MATCHED} events match`);
    if (isLast) return ids;
  }
}

/**
 * Starts a backfill of the events that a hook matches now and never got. Throws INVALID, NOT_FOUND and NOT_ALLOWED_NOW
 * (an unknown, deleted or unverified hook), or LIMIT_REACHED.
 */
export async function backfillHook(
  request: Requesting,
  { hookId, since, until = null, dryRun }: BackfillInput,
): Promise<{ matched: number; replay: ReplayRow | null }> {
  const { projectId } = request.caller;
  const { sql } = request.hub.db;
  checkWindow(since, until);
  const hook = await request.read((sql) => hookToReplay(sql, projectId, hookId));
  if (hook.status === "PENDING_VERIFICATION")
    throw userError("NOT_ALLOWED_NOW", `hook ${hookId} waits for its target's consent`, ["hookId"]);
  const span = { since, until };
  const eventIds = await matchMissed(request, hook, span);
  const matched = eventIds.length;
  if (dryRun) return { matched, replay: null };
  const id = newId();
  return sql.begin(async (tx) => {
    await audit(tx, {
      projectId,
      action: "backfillHook",
      entity: ["Hook", hook.id],
      after: { ...span, matched, replay: id },
    });
    const found = replaysById(tx, projectId, [id]);
    const chunks = { eventIds, chunkSize: REPLAY_CHUNK };
    const jobs = matched > 0 ? [addJobs(tx, [replayJob({ projectId, id })])] : [];
    await writeToFeed(
      tx,
      projectId,
      [insertBackfill(tx, { projectId, id }, hookId, span, chunks), ...jobs],
      [recordReplay(tx, { projectId, id }, true), found],
    );
    const [replay] = await found;
    if (!replay) throw new Error("a backfill was not inserted");
    return { matched, replay };
  });
}

/** What a hook of format RESOURCE is sent for events that have no resource stored. */
async function keepMissing(
  tx: Tx,
  projectId: string,
  hookId: string,
  eventIds: string[],
): Promise<string[]> {
  const [hook] = await hooksById(tx, projectId, [hookId]);
  if (hook?.format !== "RESOURCE") return eventIds;
  const events = await eventsById(tx, projectId, eventIds);
  const now = await resourcesNow(tx, events);
  const known = new Set(
    (await resourcesOfEvents(tx, projectId, eventIds)).map((row) => row.eventId),
  );
  const kept = events.flatMap((event) => {
    const isKept = known.has(event.id) || event.expungedAt !== null;
    const resource = isKept ? null : now.resourceOf(event);
    return resource === null ? [] : [{ projectId, eventId: event.id, resource }];
  });
  await Promise.all(keepResources(tx, kept));
  for (const { eventId } of kept) known.add(eventId);
  return eventIds.filter((id) => known.has(id));
}

/** Makes the deliveries of one chunk and queues the next job. The caller has locked the replay. Ends the transaction. */
export async function backfillChunk(
  tx: Tx,
  replay: ReplayRow,
  { hookId, ids }: { hookId: string; ids: string[] },
): Promise<void> {
  const { projectId } = replay;
  await heldHookStatus(tx, projectId, hookId);
  const eventIds = await keepMissing(tx, projectId, hookId, ids);
  // Jobs before the head, as everywhere. How many deliveries there are to make is known only under its lock, so the last
  // job may find the backfill DONE.
  await addJobs(tx, [...deliverJobs([{ projectId, hookId }]), replayJob(replay)]);
  await enterFeed(tx, projectId);
  const missed = eventIds.map((eventId) => ({ eventId, id: newId() }));
  const made = await insertMissed(tx, projectId, hookId, missed);
  await advanceReplay(tx, replay, made.length);
  await recordReplay(tx, replay);
  if (made.length === 0) return;
  await Promise.all([
    recordReopened(
      tx,
      projectId,
      made.map(({ eventId }) => eventId),
    ),
    recordMoves(tx, projectId, made, true),
    countTriggered(tx, projectId, hookId, made.length),
  ]);
}
