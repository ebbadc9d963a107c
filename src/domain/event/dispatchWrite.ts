import type { Pool, Tx } from "../../db/connection/client.ts";
import { type HandOver, isOutOfTurn } from "../../db/event/accept.ts";
import {
  type DispatchedEvent,
  deliveredHooks,
  endedEvents,
  lockStagedEvents,
  writeDispatched,
} from "../../db/event/dispatch.ts";
import type { NewDelivery } from "../../db/event/newEvent.ts";
import { firstInOrder } from "../../db/event/orderGates.ts";
import { enterFeed } from "../../db/feed/record.ts";
import type { NewRun } from "../../db/workflow/workflowRuns.ts";
import type { Reserve } from "../emit/emitWrite.ts";
import { type FollowUp, followUpOf } from "./followUp.ts";
import type { PlannedSystemEvent } from "./systemEvent.ts";

/** The result of dispatching a staged event. */
export type Dispatched = {
  event: DispatchedEvent;
  deliveries: NewDelivery[];
  runs: NewRun[];
  systemEvents: PlannedSystemEvent[];
};

/** `isPart`: more deliveries of the event follow, so it stays staged. */
export type DispatchedPiece = Dispatched & { isPart?: boolean };

type Written = {
  eventIds: Set<string>;
  deliveries: NewDelivery[];
  at: Date;
  /** Events for which later ones have waited. */
  matched: string[];
};

type Parts = { sql: Pool; reserve?: Reserve };

/** `hasMatched`: later events may have waited for one of them. */
type PieceResult = { written: Set<string>; next: FollowUp; hasMatched: boolean };

const skipped = (projectId: string): PieceResult => ({
  written: new Set(),
  next: followUpOf(projectId, [], []),
  hasMatched: false,
});

/**
 * Writes the results of some events in one transaction. Skips events that are dispatched, or locked by another process,
 * and deliveries that an earlier try has written; and those whose deliveries in order must wait for an earlier event,
 * which is followed by them. Deliveries with a reserved slot are sent at once; `next` has the others. `written`: the
 * events that were not skipped.
 */
export async function writePiece(
  parts: Parts,
  projectId: string,
  pieces: DispatchedPiece[],
): Promise<{ written: ReadonlySet<string>; next: FollowUp }> {
  const { written, next, hasMatched } = await tryPiece(parts, projectId, pieces);
  if (hasMatched) next.staged.push(...(await firstInOrder(parts.sql, projectId)));
  return { written, next };
}

async function tryPiece(
  parts: Parts,
  projectId: string,
  pieces: DispatchedPiece[],
): Promise<PieceResult> {
  const { sql, reserve } = parts;
  const version = pieces[0]?.event.configVersion ?? 0;
  const planned = [...pieces, ...pieces.flatMap(({ systemEvents }) => systemEvents)];
  const reservation = await reserve?.(
    version,
    planned.map(({ event }) => event),
    planned.flatMap(({ deliveries }) =>
      deliveries.filter(({ orderKey }) => orderKey === undefined),
    ),
  );
  let written: Written;
  try {
    written = await sql.begin((tx) => write(tx, projectId, version, pieces, reservation?.handOver));
  } catch (error) {
    reservation?.release(error);
    if (!isOutOfTurn(error)) throw error;
    return pieces.length > 1 ? writeInTurn(parts, projectId, pieces) : skipped(projectId);
  }
  const { eventIds, deliveries, at, matched } = written;
  reservation?.begin(at, new Set(deliveries.map(({ id }) => id)));
  const systemEvents = pieces
    .filter(({ event }) => eventIds.has(event.id))
    .flatMap((piece) => piece.systemEvents.map(({ event }) => event));
  const waiting = deliveries.filter(({ id }) => !reservation?.handOver.leaseMs.has(id));
  const next = followUpOf(projectId, systemEvents, waiting);
  return { written: eventIds, next, hasMatched: matched.length > 0 };
}

/** Writes each by itself: one of them may be what the others, here or in another process, wait for. */
async function writeInTurn(
  parts: Parts,
  projectId: string,
  pieces: DispatchedPiece[],
): Promise<PieceResult> {
  const all = skipped(projectId);
  for (const piece of pieces) {
    const one = await tryPiece(parts, projectId, [piece]);
    for (const id of one.written) all.written.add(id);
    all.next.staged.push(...one.next.staged);
    all.next.queues.push(...one.next.queues);
    all.hasMatched ||= one.hasMatched;
  }
  return all;
}

async function write(
  tx: Tx,
  projectId: string,
  version: number,
  pieces: DispatchedPiece[],
  handOver: HandOver | undefined,
): Promise<Written> {
  const ids = pieces.map(({ event }) => event.id);
  const [rows, found] = await Promise.all([
    lockStagedEvents(tx, projectId, ids),
    deliveredHooks(tx, projectId, ids),
  ]);
  const locked = new Set(rows.map(({ id }) => id));
  const scheduled = new Set(rows.filter(({ wasScheduled }) => wasScheduled).map(({ id }) => id));
  const places = new Map(
    rows.flatMap(({ id, place }) => (place === null ? [] : [[id, Number(place)]])),
  );
  const placeOf = ({ event }: DispatchedPiece) => places.get(event.id) ?? Number.POSITIVE_INFINITY;
  const lockedPieces = pieces
    .filter(({ event }) => locked.has(event.id))
    .sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
  if (lockedPieces.length === 0)
    return { eventIds: locked, deliveries: [], at: new Date(), matched: [] };
  const begun = found.filter(({ eventId }) => locked.has(eventId));
  const isWritten = new Set(begun.map(({ eventId, hookId }) => `${eventId} ${hookId}`));
  const deliveries = [...lockedPieces, ...lockedPieces.flatMap(({ systemEvents }) => systemEvents)]
    .flatMap((piece) => piece.deliveries)
    .filter(({ eventId, hookId }) => !isWritten.has(`${eventId} ${hookId}`));
  const whole = lockedPieces.filter(({ isPart }) => !isPart).map(({ event }) => event);
  const begunIds = new Set(begun.map(({ eventId }) => eventId));
  const resumed = whole.map(({ id }) => id).filter((id) => begunIds.has(id));
  // An attempt that ends now either is seen here, or sees that the event is DISPATCHED: both lock the head.
  if (resumed.length > 0) await enterFeed(tx, projectId, version);
  const ended = await endedEvents(tx, projectId, resumed);
  const written = new Set(deliveries.map(({ eventId }) => eventId));
  const events = whole.map((event) => {
    const status =
      !written.has(event.id) && event.status === "DISPATCHED" ? ended.get(event.id) : undefined;
    return { ...event, ...(status && { status }), wasScheduled: scheduled.has(event.id) };
  });
  const matched = whole.map(({ id }) => id).filter((id) => places.has(id));
  const at = await writeDispatched(
    tx,
    projectId,
    version,
    events,
    { deliveries, runs: lockedPieces.flatMap(({ runs }) => runs) },
    lockedPieces.flatMap(({ systemEvents }) => systemEvents).map(({ event }) => event),
    { ...(handOver && { handOver }), matched },
  );
  return { eventIds: locked, deliveries, at, matched };
}
