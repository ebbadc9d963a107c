import type { Pool } from "../../db/connection/client.ts";
import { stagedEvents } from "../../db/event/dispatch.ts";
import type { EventRow } from "../../db/event/events.ts";
import { takePlaces } from "../../db/event/orderGates.ts";
import { parseJson } from "../../util/json/parseJson.ts";
import { UserError, userError } from "../../util/userError.ts";
import { stepSpan } from "../emit/emitSpans.ts";
import type { Reserve } from "../emit/emitWrite.ts";
import { loadMatchContext, type MatchContext } from "../emit/matchContext.ts";
import { checkType } from "../eventType/typeCheck.ts";
import { deliveryToOne, matchHooks } from "../hook/hookMatching.ts";
import type { Patience } from "../program/programs.ts";
import type { TenantPrograms } from "../program/tenantPrograms.ts";
import type { ProjectConfig, ProjectConfigs } from "../project/projectConfig.ts";
import { withFreshConfig } from "../project/withFreshConfig.ts";
import { type Dispatched, type DispatchedPiece, writePiece } from "./dispatchWrite.ts";
import { planRuns } from "./event.ts";
import type { FollowUp } from "./followUp.ts";
import { planMatchedSystemEvents, warmSystemTypes } from "./systemEvent.ts";

/**
 * Deliveries written in one transaction. It locks the project's head for about 10 ms, and the first deliveries can be
 * sent early.
 */
export const DELIVERIES_AT_ONCE = 250;
const EVENTS_AT_ONCE = 200;

type Parts = {
  sql: Pool;
  configs: ProjectConfigs;
  programs: TenantPrograms;
  patience: Patience;
  /** Reserves free slots of this process for the deliveries that are being written. */
  reserve?: Reserve;
  /** Called after each piece with what is to be done next. */
  onNext: (next: FollowUp) => void;
};

/** Throws NOT_FOUND when the hook that an event is for is there no more. */
function checkTarget(config: ProjectConfig, { targetHookId }: EventRow): void {
  if (targetHookId !== null && !config.hook(targetHookId))
    throw userError("NOT_FOUND", `no hook ${targetHookId}: it is deleted`);
}

/**
 * An event written through SQL is checked against its schema only here: it becomes FAILED when it does not fit, and so
 * does one for a single hook that takes none any more, or is deleted.
 */
async function dispatchOne(
  config: ProjectConfig,
  { programs, patience }: Pick<Parts, "programs" | "patience">,
  event: EventRow,
  context: MatchContext,
): Promise<Dispatched> {
  const base = { ...event, configVersion: config.version };
  const span = stepSpan("match", event.trace);
  try {
    const typeVersion = await typeVersionOf(config, programs, event, patience);
    const { onlyHookId } = event;
    checkTarget(config, event);
    const deliveries =
      onlyHookId === null
        ? await matchHooks(config, event, context, programs.filters, patience)
        : [deliveryToOne(config, event, onlyHookId, context.resourceOf(event))];
    const runs = onlyHookId === null ? planRuns(config, event, context) : [];
    const status = deliveries.length + runs.length > 0 ? "DISPATCHED" : "PROCESSED";
    const systemEvents = planMatchedSystemEvents(config, programs, { ...event, status });
    return { event: { ...base, typeVersion, status }, deliveries, runs, systemEvents };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return failedEvent(config, event, error.message);
  } finally {
    span?.end();
  }
}

const failedEvent = (config: ProjectConfig, event: EventRow, reason: string): Dispatched => ({
  event: { ...event, configVersion: config.version, status: "FAILED", error: reason },
  deliveries: [],
  runs: [],
  systemEvents: [],
});

async function typeVersionOf(
  config: ProjectConfig,
  { schemas }: TenantPrograms,
  { origin, type, typeVersion, data }: EventRow,
  patience: Patience,
): Promise<number | null> {
  if (origin !== "SQL") return typeVersion;
  const value = data === null ? null : parseJson(data);
  const verdict = await checkType(config, schemas, type, value, patience);
  if (verdict.rejection) throw verdict.rejection;
  return verdict.typeVersion;
}

/**
 * Matches staged events (written through SQL, with very many hooks, or with filters that are not cheap) and scheduled
 * events that are due. Matching runs outside of transactions; the results are written in pieces. After a crash the
 * events are still staged, and pieces already written are not written again. An event whose piece another process has
 * locked is left to that process: a later piece would make it DISPATCHED without the deliveries of this one.
 */
export function dispatchEvents(
  parts: Parts,
  { projectId, eventIds }: { projectId: string; eventIds: string[] },
): Promise<void> {
  const { sql, configs, programs, onNext } = parts;
  return withFreshConfig(async () => {
    const config = (await configs.current([projectId])).get(projectId);
    if (!config) return;
    await warmSystemTypes(config, programs);
    if (config.hasOrder) await takePlaces(sql, projectId, eventIds);
    const staged = await stagedEvents(sql, projectId, eventIds);
    const context = await loadMatchContext(
      sql,
      staged.map((event) => ({ config, ...event, subject: event })),
    );
    const write = async (pieces: DispatchedPiece[]) => {
      const { written, next } = await writePiece(parts, projectId, pieces);
      onNext(next);
      return written;
    };
    let piece: Dispatched[] = [];
    const flush = async () => {
      if (piece.length > 0) await write(piece);
      piece = [];
    };
    const writeAll = async (pieces: DispatchedPiece[]) => {
      for (const part of pieces) if (!(await write([part])).has(part.event.id)) return false;
      return true;
    };
    for (const event of staged) {
      const dispatched = await dispatchOne(config, parts, event, context);
      if (deliveriesIn(piece) + dispatched.deliveries.length > DELIVERIES_AT_ONCE) await flush();
      const { pieces, last } = split(dispatched);
      if (await writeAll(pieces)) piece.push(last);
      if (piece.length >= EVENTS_AT_ONCE) await flush();
    }
    await flush();
  });
}

/** Marks a staged event as FAILED, with the reason. */
export function failEvent(
  { sql, configs }: Pick<Parts, "sql" | "configs">,
  { projectId, eventId, reason }: { projectId: string; eventId: string; reason: string },
): Promise<void> {
  return withFreshConfig(async () => {
    const config = (await configs.current([projectId])).get(projectId);
    const [event] = await stagedEvents(sql, projectId, [eventId]);
    if (config && event) await writePiece({ sql }, projectId, [failedEvent(config, event, reason)]);
  });
}

const deliveriesIn = (piece: Dispatched[]) =>
  piece.reduce((sum, { deliveries }) => sum + deliveries.length, 0);

/** An event with very many deliveries is written in parts; the last part makes it DISPATCHED. */
function split(dispatched: Dispatched): { pieces: DispatchedPiece[]; last: Dispatched } {
  const { deliveries } = dispatched;
  const pieces: DispatchedPiece[] = [];
  let from = 0;
  for (; deliveries.length - from > DELIVERIES_AT_ONCE; from += DELIVERIES_AT_ONCE) {
    const some = deliveries.slice(from, from + DELIVERIES_AT_ONCE);
    pieces.push({ ...dispatched, deliveries: some, runs: [], systemEvents: [], isPart: true });
  }
  return { pieces, last: { ...dispatched, deliveries: deliveries.slice(from) } };
}
