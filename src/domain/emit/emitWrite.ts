import type { NewAction } from "../../db/action/actions.ts";
import type { Pool } from "../../db/connection/client.ts";
import { inTransaction } from "../../db/connection/inTransaction.ts";
import { type Accepting, accept, type HandOver, isKeyTaken } from "../../db/event/accept.ts";
import { type EventRow, eventsById } from "../../db/event/events.ts";
import { isPlain, writeEvents } from "../../db/event/insert.ts";
import {
  hookQueuesOf,
  type NewDelivery,
  type NewEvent,
  storedEvent,
} from "../../db/event/newEvent.ts";
import { addJobs, deliverJobs, type HookQueue, type JobSpec } from "../../db/queue/jobs.ts";
import { advanceJobs, type NewRun } from "../../db/workflow/workflowRuns.ts";
import type { PlannedEvent } from "../event/event.ts";
import { planMatchedSystemEvents } from "../event/systemEvent.ts";
import type { TenantPrograms } from "../program/tenantPrograms.ts";
import type { ProjectConfig } from "../project/projectConfig.ts";
import { faultOfACall } from "./emitFault.ts";
import { type KeyedCall, refuseNew, resolveKeys } from "./idempotency.ts";

/** An event that was accepted, now or (a duplicate) when its idempotency key was first used. */
export type Emitted = { event: EventRow; isDuplicate: boolean };

/** A call whose events are planned under this configuration. */
export type PlannedCall = KeyedCall & { config: ProjectConfig };

export type Outcome = PromiseSettledResult<Emitted[]>;
export const failed = (reason: unknown): Outcome => ({ status: "rejected", reason });

/** Free slots of this process that are kept for deliveries while these are being accepted. */
type Reservation = {
  handOver: HandOver;
  /** They were accepted at this time: they are sent, or of them those that were written. */
  begin(at: Date, written?: ReadonlySet<string>): void;
  /** They were not, or nobody knows. */
  release(error: unknown): void;
};

/** Keeps slots for those of the deliveries that may be sent at once; undefined when there are none. */
export type Reserve = (
  version: number,
  events: NewEvent[],
  deliveries: NewDelivery[],
) => Promise<Reservation | undefined>;

/** What is to be done next of what was accepted. */
export type Accepted = {
  projectId: string;
  /** Hooks with deliveries that are due, but those that are on their way already. */
  queues: HookQueue[];
  /** Events that are matched later; those that are scheduled are found when they are due. */
  staged: string[];
  /** How many events there are, but those that the hub tells itself. */
  events: number;
};

/** What another process is to be woken for. */
export const wakeUps = ({ projectId, queues, staged }: Accepted): JobSpec[] => [
  ...deliverJobs(queues),
  ...(staged.length > 0
    ? [{ identifier: "dispatch" as const, payload: { projectId, eventIds: staged } }]
    : []),
];

export const acceptedOf = (
  projectId: string,
  events: NewEvent[],
  deliveries: NewDelivery[],
): Accepted => ({
  projectId,
  queues: hookQueuesOf(deliveries),
  staged: events.filter(({ status }) => status === "STAGED").map(({ id }) => id),
  events: events.filter(({ origin }) => origin !== "SYSTEM").length,
});

/** Everything that planned events of one project write. */
type Writing = Accepting & { actions: NewAction[]; runs: NewRun[] };

/**
 * Writes planned calls of one project, planned under one configuration, in one commit; each has an outcome of its own.
 * Wake-ups follow the commit: what they would wake is found from the tables, should this process die in between.
 */
export function createEmitWriter(
  sql: Pool,
  programs: TenantPrograms,
  {
    onAccepted,
    onLate,
    deliversHere,
    reserve,
  }: {
    deliversHere: boolean;
    /** Told what is next, and not taken by `reserve`. */
    onAccepted: (accepted: Accepted) => void;
    /** Told that a wake-up could not be queued. */
    onLate: (error: unknown) => void;
    reserve?: Reserve | undefined;
  },
): (calls: PlannedCall[]) => Promise<Outcome[]> {
  function writingOf(calls: PlannedCall[], fresh: PlannedEvent[]): Writing {
    const [{ config }] = calls as [PlannedCall, ...PlannedCall[]];
    const said = fresh.flatMap(({ event }) => planMatchedSystemEvents(config, programs, event));
    return {
      projectId: config.projectId,
      version: config.version,
      events: [...fresh, ...said].map(({ event }) => event),
      deliveries: [...fresh, ...said].flatMap(({ deliveries }) => deliveries),
      actions: fresh.flatMap(({ actions }) => actions),
      runs: fresh.flatMap(({ runs }) => runs),
    };
  }

  /** What follows from events that are written, but the deliveries that are sent already. */
  function follow({ projectId, events, deliveries, runs }: Writing, at: Date, handOver?: HandOver) {
    const left = handOver ? deliveries.filter(({ id }) => !handOver.leaseMs.has(id)) : deliveries;
    const accepted = acceptedOf(projectId, events, left);
    const jobs = [
      ...(deliversHere ? [] : wakeUps(accepted)),
      ...advanceJobs(runs.map(({ projectId, id }) => ({ projectId, runId: id }))),
    ];
    if (jobs.length > 0) addJobs(sql, jobs).then(() => {}, onLate);
    onAccepted(accepted);
    return new Map(events.map((event) => [event.id, storedEvent(event, at)]));
  }

  /** Every key is taken for new: one statement, unless there is more to write than that does. */
  async function writeNew(calls: PlannedCall[]): Promise<Outcome[]> {
    const planned = calls.flatMap((call) => call.planned);
    const writing = writingOf(calls, planned);
    const { version, events, deliveries } = writing;
    const reservation = await reserve?.(version, events, deliveries);
    const keys = calls.flatMap((call) => call.keys);
    const all = { ...writing, keys, ...(reservation && { handOver: reservation.handOver }) };
    let at: Date;
    try {
      at = await (isPlain(all, writing)
        ? accept(sql, all)
        : inTransaction(sql, (tx) => writeEvents(tx, all, writing)));
    } catch (error) {
      reservation?.release(error);
      throw error;
    }
    reservation?.begin(at);
    return answerAll(calls, new Map(), follow(writing, at, reservation?.handOver));
  }

  /** Finds first what the keys stand for: events of known keys are not written. */
  async function writeUnknown(calls: PlannedCall[]): Promise<Outcome[]> {
    const { duplicateOf, writing, at } = await inTransaction(sql, async (tx) => {
      const duplicateOf = await resolveKeys(tx, calls);
      for (const call of calls) refuseNew(call, (claim) => duplicateOf.has(claim.eventId));
      const planned = calls.flatMap((call) => call.planned);
      const fresh = planned.filter(({ event }) => !duplicateOf.has(event.id));
      const writing = writingOf(calls, fresh);
      const at = fresh.length > 0 ? await writeEvents(tx, writing, writing) : new Date();
      return { duplicateOf, writing, at };
    });
    const written = writing.events.length > 0 ? follow(writing, at) : new Map<string, EventRow>();
    return answerAll(calls, duplicateOf, written);
  }

  const answerAll = (
    calls: PlannedCall[],
    duplicateOf: Map<string, string>,
    written: Map<string, EventRow>,
  ) => Promise.allSettled(calls.map((call) => answer(call, duplicateOf, written)));

  async function answer(
    { planned }: PlannedCall,
    duplicateOf: Map<string, string>,
    written: Map<string, EventRow>,
  ) {
    const projectId = planned[0]?.event.projectId ?? "";
    const earlier = planned
      .flatMap(({ event }) => duplicateOf.get(event.id) ?? [])
      .filter((id) => !written.has(id));
    const found = earlier.length > 0 ? await eventsById(sql, projectId, earlier) : [];
    const before = new Map(found.map((row) => [row.id, row]));
    return planned.map(({ event }): Emitted => {
      const original = duplicateOf.get(event.id);
      const id = original ?? event.id;
      const row = written.get(id) ?? before.get(id);
      if (!row) throw new Error(`event ${original ?? event.id} is gone`);
      return { event: row, isDuplicate: original !== undefined };
    });
  }

  const isExcused = ({ planned }: PlannedCall) => planned.some(({ refusal }) => refusal !== null);

  async function writeTogether(calls: PlannedCall[]): Promise<Outcome[]> {
    if (calls.some(isExcused)) return writeUnknown(calls);
    try {
      return await writeNew(calls);
    } catch (error) {
      if (!isKeyTaken(error)) throw error;
      return writeUnknown(calls);
    }
  }

  /** One commit for all calls; those at fault are found by halving, so that they never take the others with them. */
  return async function writeCalls(calls: PlannedCall[]): Promise<Outcome[]> {
    if (calls.length === 0) return [];
    try {
      return await writeTogether(calls);
    } catch (reason) {
      if (calls.length === 1 || !faultOfACall(reason)) return calls.map(() => failed(reason));
      const half = calls.length >> 1;
      return [
        ...(await writeCalls(calls.slice(0, half))),
        ...(await writeCalls(calls.slice(half))),
      ];
    }
  };
}
