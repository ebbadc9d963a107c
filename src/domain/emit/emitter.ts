import type { Pool } from "../../db/connection/client.ts";
import type { EventOrigin } from "../../db/event/events.ts";
import { databaseNow } from "../../db/event/schedules.ts";
import { StaleConfig } from "../../db/feed/record.ts";
import { configVersions } from "../../db/project/projects.ts";
import { createBatcher } from "../../util/batcher.ts";
import { Overloaded } from "../../util/overloaded.ts";
import { createTimeSlice } from "../../util/timeSlice.ts";
import { UserError, type UserErrorDetail } from "../../util/userError.ts";
import { type PlannedEvent, type PreparedEvent, planEvent } from "../event/event.ts";
import type { EventInput } from "../event/eventInput.ts";
import { weightOf } from "../event/eventWeight.ts";
import { hasSchedule } from "../event/schedule.ts";
import { warmSystemTypes } from "../event/systemEvent.ts";
import type { CheckTarget } from "../hook/target.ts";
import { createStepBudget } from "../program/stepBudget.ts";
import type { TenantPrograms } from "../program/tenantPrograms.ts";
import type { ProjectConfig, ProjectConfigs } from "../project/projectConfig.ts";
import { withFreshConfig } from "../project/withFreshConfig.ts";
import { checkInputs, judgeTargets, prepareCall } from "./emitPrepare.ts";
import {
  type Accepted,
  createEmitWriter,
  type Emitted,
  failed,
  type Outcome,
  type PlannedCall,
  type Reserve,
} from "./emitWrite.ts";
import { entriesAt, keysOf, refuseUnknown } from "./idempotency.ts";
import { eventToMatch, loadMatchContext } from "./matchContext.ts";

/** One call: its events are written together or not at all. */
type EmitCall = { projectId: string; inputs: EventInput[]; origin: EventOrigin };

export type Emitter = {
  /**
   * Answers after the commit. Throws UserError; its paths begin with the event's index. Throws Overloaded, with
   * nothing done, when more waits than PostgreSQL takes.
   */
  emit(call: EmitCall): Promise<Emitted[]>;
};

export type EmitterHooks = {
  /**
   * Whether this process delivers what it accepts: it is then woken by `onAccepted`, and a job would only cost. Should
   * it die in between, the reconciler finds what is overdue from the tables.
   */
  deliversHere: boolean;
  /** Told after the commit what is next. */
  onAccepted: (accepted: Accepted) => void;
  /** Judges what actions are to call. */
  checkTarget: CheckTarget;
  /** Keeps free slots of this process for what is being accepted. */
  reserve?: Reserve | undefined;
  /** Told that a wake-up could not be queued: what it was for is found later, from the tables. */
  onLate: (error: unknown) => void;
  /** Told by how much what waits to be written has grown. */
  onWaiting: (change: number) => void;
  /** Told how many events were refused because too much waited. */
  onOverload: (events: number) => void;
};

const MAX_BATCH = 500;
/** Of one project: while one is being committed, the next is planned. */
const PARALLEL_OF_PROJECT = 2;
const PARALLEL_BATCHES = 4;
/** What is written in about 2 s on 2 cores; at 2 KiB each, 100 MiB of a process's memory. */
const MAX_WAITING = 50_000;
/**
 * What matching the events of one project in one batch may take at most in place (50 ms, in slices), and writing their
 * deliveries (5,000); the rest of them are STAGED and matched by a `dispatch` job.
 */
const STEPS_PER_BATCH = 1_000_000;

/** A call whose events are checked, under the configuration it is planned with. */
type PreparedCall = {
  projectId: string;
  origin: EventOrigin;
  config: ProjectConfig;
  events: PreparedEvent[];
  /** What it counts for among those that wait. */
  weight: number;
};
/** The one way in for events: groups a project's concurrent calls into one statement and one commit. */
export function createEmitter(
  sql: Pool,
  configs: ProjectConfigs,
  programs: TenantPrograms,
  { checkTarget, onWaiting, onOverload, ...hooks }: EmitterHooks,
): Emitter {
  const write = createEmitWriter(sql, programs, hooks);

  /** Calls of one project. Those that were prepared under an older configuration than others are outdated. */
  async function emitAll(calls: PreparedCall[]): Promise<Outcome[]> {
    const newest = Math.max(...calls.map(({ config }) => config.version));
    const isOutdated = ({ config }: PreparedCall) => config.version !== newest;
    const current = calls.filter((call) => !isOutdated(call));
    // The database's clock is asked only when somebody's schedule depends on it.
    const isTimed = current.some(({ events }) => events.some(({ input }) => hasSchedule(input)));
    const now = isTimed ? await databaseNow(sql) : new Date();
    const facts = await loadMatchContext(
      sql,
      current.flatMap(({ config, events }) =>
        events.map(({ input }) => eventToMatch(config, input)),
      ),
    );
    const budget = createStepBudget(STEPS_PER_BATCH);
    const nextSlice = createTimeSlice();
    const planned: (() => Promise<PlannedCall>)[] = [];
    for (const call of current) {
      const place = { config: call.config, filters: programs.filters, budget };
      const events: PlannedEvent[] = [];
      const refusals: UserErrorDetail[] = [];
      for (const [index, event] of call.events.entries()) {
        try {
          events.push(planEvent(place, event, call.origin, now, facts));
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
          refusals.push(...entriesAt(index, error));
        }
        await nextSlice();
      }
      const one = { planned: events, keys: keysOf(events), config: call.config };
      planned.push(async () => {
        if (refusals.length > 0) throw new UserError(refusals);
        await refuseUnknown(sql, one);
        return one;
      });
    }
    const plans = await Promise.allSettled(planned.map((plan) => plan()));
    const sound = plans.flatMap((plan) => (plan.status === "fulfilled" ? [plan.value] : []));
    const written = await write(sound);
    const next = (outcomes: Outcome[]) => outcomes.shift() ?? failed(new Error("no outcome"));
    const outcomes = plans.map((plan) => (plan.status === "rejected" ? plan : next(written)));
    return calls.map((call) =>
      isOutdated(call)
        ? failed(new StaleConfig("prepared under an older configuration"))
        : next(outcomes),
    );
  }

  const batcher = createBatcher(emitAll, {
    maxSize: MAX_BATCH,
    parallel: PARALLEL_BATCHES,
    sizeOf: ({ weight }: PreparedCall) => weight,
    holderOf: ({ projectId }) => projectId,
    perHolder: PARALLEL_OF_PROJECT,
    waiting: { what: "events that wait to be written", size: MAX_WAITING },
    onWaiting,
  });

  /**
   * Planned under the configuration last known, and again under the current one when that has moved, or finds fault: one
   * that is outdated may.
   */
  async function emitCall({ projectId, inputs, origin }: EmitCall): Promise<Emitted[]> {
    const weight = weightOf(inputs);
    batcher.checkRoom(projectId, weight);
    // Before the batch: a name server or a schema that is slow holds up nobody else.
    const checked = await checkInputs(inputs);
    const targets = await judgeTargets(checked, (url) => checkTarget(url, projectId));
    let isLastKnown = true;
    return withFreshConfig(async () => {
      const known = isLastKnown ? configs.lastKnown : configs.current;
      const config = (await known([projectId])).get(projectId);
      if (!config) throw new Error(`no project ${projectId}`);
      try {
        await warmSystemTypes(config, programs);
        const events = await prepareCall(config, programs.schemas, checked, targets);
        return await batcher.add({ projectId, origin, config, events, weight });
      } catch (error) {
        if (!(isLastKnown && error instanceof UserError)) throw error;
        const [current] = await configVersions(sql, [projectId]);
        throw current?.version === config.version
          ? error
          : new StaleConfig("refused by an older configuration");
      } finally {
        isLastKnown = false;
      }
    });
  }

  return {
    async emit(call) {
      try {
        return await emitCall(call);
      } catch (error) {
        if (error instanceof Overloaded) onOverload(call.inputs.length);
        throw error;
      }
    },
  };
}
