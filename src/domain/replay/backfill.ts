/**
 * A backfill makes the deliveries that a hook never got: of stored events that it matches now. The events are matched
 * when it is requested, outside of transactions, in the order of their acceptance, and stored as the list of a replay
 * (replay.ts), which a worker continues one chunk at a time. Under the lock of the project's head a chunk skips the
 * events that the hook has got meanwhile: two backfills at once, or one that is repeated after a crash, deliver nothing
 * twice. For a hook with order the list has the key of each event, too.
 */
import type { Pool, Sql, Tx } from "../../db/connection/client.ts";
import { advanceKeysOf } from "../../db/delivery/order.ts";
import { recordMoves } from "../../db/delivery/record.ts";
import { heldHookStatus, recordReopened } from "../../db/delivery/retries.ts";
import { keepResources, resourcesOfEvents } from "../../db/event/eventResources.ts";
import { type EventRow, eventsById } from "../../db/event/events.ts";
import { writeToFeed } from "../../db/feed/record.ts";
import { type HookRow, hooksById } from "../../db/hook/hooks.ts";
import { addJobs, deliverJobs } from "../../db/queue/jobs.ts";
import {
  type BackfillSpan,
  countMade,
  countTriggered,
  insertBackfill,
  insertMissed,
  type MissedEvent,
  missedEvents,
} from "../../db/replay/backfills.ts";
import {
  advanceReplay,
  type ReplayChunk,
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
import { CHUNK, checkWindow, hookToReplay, MAX_MATCHED } from "./replayScope.ts";

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
/** A hook without a filter and without order needs no data. */
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
  const limit = hook.filter === null && hook.orderBy === null ? PAGE_OF_HEADS : PAGE;
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
): Promise<MissedEvent[]> {
  const source = (await hub.configs.lastKnown([projectId])).get(projectId)?.source ?? "";
  const missed: MissedEvent[] = [];
  const { filters } = hub.programs;
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
        filters,
        patience,
      );
      if (reason === "MATCHED" || reason === "PAUSED") {
        const order =
          hook.orderBy === null
            ? { key: null }
            : await filters.order.evaluate(projectId, hook.orderBy, view, patience);
        missed.push({ id: event.id, key: order.key });
      }
      if (performance.now() > endsAt)
        throw tooMany(
          `${PATIENCE_MS / 1_000} s sufficed to match the events until ${event.receivedAt.toISOString()}`,
        );
      await nextSlice();
    }
    if (missed.length > MAX_MATCHED) throw tooMany(`more than ${MAX_MATCHED} events match`);
    if (isLast) return missed;
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
  const events = await matchMissed(request, hook, span);
  const matched = events.length;
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
    const chunks = { events, chunkSize: CHUNK };
    const jobs = matched > 0 ? [addJobs(tx, [replayJob({ projectId, id })])] : [];
    await writeToFeed(
      tx,
      projectId,
      [insertBackfill(tx, { projectId, id }, hook, span, chunks), ...jobs],
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

/** Makes the deliveries of one chunk. The caller has locked the replay. Ends the transaction. */
export async function backfillChunk(
  tx: Tx,
  replay: ReplayRow,
  { hookId, ids, keys }: ReplayChunk,
): Promise<void> {
  const { projectId } = replay;
  await heldHookStatus(tx, projectId, hookId);
  const sendable = new Set(await keepMissing(tx, projectId, hookId, ids));
  const missed = ids.flatMap((eventId, index) =>
    sendable.has(eventId) ? [{ eventId, id: newId(), key: keys?.[index] ?? null }] : [],
  );
  const made = countMade(tx, projectId, missed);
  // Live events wait while the head is locked, so nothing here waits for an answer.
  await writeToFeed(
    tx,
    projectId,
    [addJobs(tx, deliverJobs([{ projectId, hookId }]))],
    [
      insertMissed(tx, projectId, hookId, missed),
      advanceReplay(tx, replay, made),
      ...(keys ? [advanceKeysOf(tx, projectId, missed)] : []),
      recordReopened(
        tx,
        projectId,
        missed.map(({ eventId }) => eventId),
        missed.map(({ id }) => id),
      ),
      recordMoves(tx, projectId, missed, true),
      recordReplay(tx, replay),
      countTriggered(tx, projectId, hookId, made),
    ],
  );
}
