import type { NewAction } from "../../db/action/actions.ts";
import type { NewAuditRow } from "../../db/audit/auditEntries.ts";
import type { Pool } from "../../db/connection/client.ts";
import {
  type Accepting,
  accept,
  type HandOver,
  isKeyTaken,
  isOutOfTurn,
} from "../../db/event/accept.ts";
import { type EventRow, eventsById } from "../../db/event/events.ts";
import { isPlain, writeEvents } from "../../db/event/insert.ts";
import { type NewDelivery, type NewEvent, storedEvent } from "../../db/event/newEvent.ts";
import { addJobs, deliverJobs, type JobSpec } from "../../db/queue/jobs.ts";
import { advanceJobs, type NewRun } from "../../db/workflow/workflowRuns.ts";
import { inTurn, type PlannedEvent } from "../event/event.ts";
import { type FollowUp, followUpOf } from "../event/followUp.ts";
import { planMatchedSystemEvents } from "../event/systemEvent.ts";
import type { TenantPrograms } from "../program/tenantPrograms.ts";
import type { ProjectConfig } from "../project/projectConfig.ts";
import { isCallFault } from "./emitFault.ts";
import { checkRejections, type KeyedCall, KeysTaken, resolveKeys } from "./idempotency.ts";

/** An event that was accepted now or, for a duplicate, when its idempotency key was first used. */
export type Emitted = { event: EventRow; isDuplicate: boolean };

/** A call whose events are planned under this configuration. */
export type PlannedCall = KeyedCall & {
  config: ProjectConfig;
  /** Its entry for the audit log, given its first event's id. */
  entryOf: ((eventId: string) => NewAuditRow | undefined) | undefined;
};

export type Outcome = PromiseSettledResult<Emitted[]>;
export const failed = (reason: unknown): Outcome => ({ status: "rejected", reason });

/** Free slots of this process reserved for deliveries that are being written. */
type Reservation = {
  handOver: HandOver;
  /** The deliveries were written at this time and are sent now; with `written`, only those among them. */
  begin(at: Date, written?: ReadonlySet<string>): void;
  /** The deliveries were not written, or it is unknown whether they were. */
  release(error: unknown): void;
};

/** Reserves slots for the deliveries that may be sent at once; returns undefined when there are none. */
export type Reserve = (
  version: number,
  events: NewEvent[],
  deliveries: NewDelivery[],
) => Promise<Reservation | undefined>;

/** What is to be done next for accepted events. */
export type Accepted = FollowUp & {
  /** The number of events, system events not counted. */
  events: number;
};

/** The jobs that wake other processes. */
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
  ...followUpOf(projectId, events, deliveries),
  events: events.filter(({ origin }) => origin !== "SYSTEM").length,
});

/** Everything that one project's planned events write. */
type WriteSet = Accepting & { actions: NewAction[]; runs: NewRun[]; audited: NewAuditRow[] };

/**
 * Writes planned calls of one project in one commit, all planned under one configuration; each call has its own
 * outcome. Wake-ups follow the commit: should this process die in between, their work is found from the tables.
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
    /** Receives what is to be done next and was not taken by `reserve`. */
    onAccepted: (accepted: Accepted) => void;
    /** Called when a wake-up could not be queued. */
    onLate: (error: unknown) => void;
    reserve?: Reserve | undefined;
  },
): (calls: PlannedCall[]) => Promise<Outcome[]> {
  function planWrite(calls: PlannedCall[], fresh: PlannedEvent[]): WriteSet {
    const [{ config }] = calls as [PlannedCall, ...PlannedCall[]];
    const systemEvents = fresh.flatMap(({ event }) =>
      planMatchedSystemEvents(config, programs, event),
    );
    return {
      projectId: config.projectId,
      version: config.version,
      events: [...fresh, ...systemEvents].map(({ event }) => event),
      deliveries: [...fresh, ...systemEvents].flatMap(({ deliveries }) => deliveries),
      actions: fresh.flatMap(({ actions }) => actions),
      runs: fresh.flatMap(({ runs }) => runs),
      audited: calls.flatMap(({ entryOf, planned: [first] }) =>
        entryOf && first && fresh.includes(first) ? (entryOf(first.event.id) ?? []) : [],
      ),
    };
  }

  /** Wakes up what follows from written events, except for deliveries that have a slot. */
  function wakeUpAfter(
    { projectId, events, deliveries, runs }: WriteSet,
    at: Date,
    handOver?: HandOver,
  ) {
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

  /** Writes the calls on the assumption that all keys are new: one statement, unless there is more to write. */
  async function writeNew(calls: PlannedCall[]): Promise<Outcome[]> {
    const planned = calls.flatMap((call) => call.planned);
    const writing = planWrite(calls, planned);
    const { version, events, deliveries } = writing;
    const unordered = deliveries.filter(({ orderKey }) => orderKey === undefined);
    const reservation = await reserve?.(version, events, unordered);
    const keys = calls.flatMap((call) => call.keys);
    const all = { ...writing, keys, ...(reservation && { handOver: reservation.handOver }) };
    let at: Date;
    try {
      at = await (isPlain(all, writing)
        ? accept(sql, all)
        : sql.begin((tx) => writeEvents(tx, all, writing)));
    } catch (error) {
      reservation?.release(error);
      throw error;
    }
    reservation?.begin(at);
    return resultsOf(calls, new Map(), wakeUpAfter(writing, at, reservation?.handOver));
  }

  /** Resolves the keys first: events of known keys are not written. */
  async function writeResolvingKeys(calls: PlannedCall[]): Promise<Outcome[]> {
    const { duplicateOf, writing, at } = await sql.begin(async (tx) => {
      const duplicateOf = await resolveKeys(tx, calls);
      for (const call of calls) checkRejections(call, (claim) => duplicateOf.has(claim.eventId));
      const planned = calls.flatMap((call) => call.planned);
      const fresh = planned.filter(({ event }) => !duplicateOf.has(event.id));
      const writing = planWrite(calls, fresh);
      const at = fresh.length > 0 ? await writeEvents(tx, writing, writing) : new Date();
      return { duplicateOf, writing, at };
    });
    const written =
      writing.events.length > 0 ? wakeUpAfter(writing, at) : new Map<string, EventRow>();
    return resultsOf(calls, duplicateOf, written);
  }

  const resultsOf = (
    calls: PlannedCall[],
    duplicateOf: Map<string, string>,
    written: Map<string, EventRow>,
  ) => Promise.allSettled(calls.map((call) => resultOf(call, duplicateOf, written)));

  async function resultOf(
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

  const hasDeferredError = ({ planned }: PlannedCall) =>
    planned.some(({ rejection }) => rejection !== null);

  /** An earlier event is not matched yet: those with deliveries in order are matched after it. */
  const inTheirTurn = (call: PlannedCall): PlannedCall => ({
    ...call,
    planned: call.planned.map((one) =>
      one.deliveries.some(({ orderKey }) => orderKey !== undefined)
        ? inTurn(call.config, one)
        : one,
    ),
  });

  async function writeTogether(calls: PlannedCall[]): Promise<Outcome[]> {
    try {
      return await writeAtOnce(calls);
    } catch (error) {
      if (!isOutOfTurn(error)) throw error;
      return writeAtOnce(calls.map(inTheirTurn));
    }
  }

  async function writeAtOnce(calls: PlannedCall[]): Promise<Outcome[]> {
    if (calls.some(hasDeferredError)) return writeResolvingKeys(calls);
    try {
      return await writeNew(calls);
    } catch (error) {
      if (!isKeyTaken(error)) throw error;
      return writeResolvingKeys(calls);
    }
  }

  /**
   * Writes the calls whose keys are free; the others fail. Those whose keys were only another call's, which was not
   * written after all, are tried again.
   */
  async function writeUntaken(calls: PlannedCall[], { ofCall }: KeysTaken): Promise<Outcome[]> {
    const outcomes = new Map<PlannedCall, Outcome>();
    const writeSome = async (some: PlannedCall[]) => {
      const written = await (some.length < calls.length ? writeCalls(some) : writeHalves(some));
      for (const [index, call] of some.entries())
        outcomes.set(call, written[index] ?? failed(new Error("no outcome")));
    };
    await writeSome(calls.filter((call) => !ofCall.has(call)));
    const callOf = new Map(
      calls.flatMap((call) => call.planned.map(({ event }) => [event.id, call] as const)),
    );
    const isOpen = (call: PlannedCall) =>
      ofCall.get(call)?.owners.some((eventId) => {
        const owner = callOf.get(eventId) ?? call;
        return owner !== call && outcomes.get(owner)?.status !== "fulfilled";
      });
    await writeSome(calls.filter(isOpen));
    return calls.map((call) => outcomes.get(call) ?? failed(ofCall.get(call)?.error));
  }

  const writeHalves = async (calls: PlannedCall[]): Promise<Outcome[]> => {
    const half = calls.length >> 1;
    return [...(await writeCalls(calls.slice(0, half))), ...(await writeCalls(calls.slice(half)))];
  };

  /**
   * One commit for all calls. When it fails, halving isolates the calls at fault, so that they do not fail the others,
   * unless it is known which they are.
   */
  async function writeCalls(calls: PlannedCall[]): Promise<Outcome[]> {
    if (calls.length === 0) return [];
    try {
      return await writeTogether(calls);
    } catch (reason) {
      if (reason instanceof KeysTaken) return writeUntaken(calls, reason);
      if (calls.length === 1 || !isCallFault(reason)) return calls.map(() => failed(reason));
      return writeHalves(calls);
    }
  }
  return writeCalls;
}
