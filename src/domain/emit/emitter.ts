import type { Pool } from "../../db/connection/client.ts";
import type { EventOrigin } from "../../db/event/events.ts";
import { databaseNow } from "../../db/event/schedules.ts";
import { StaleConfig } from "../../db/feed/record.ts";
import { configVersions } from "../../db/project/projects.ts";
import { createBatcher } from "../../util/batcher.ts";
import { Overloaded } from "../../util/overloaded.ts";
import { createTimeSlice } from "../../util/timeSlice.ts";
import { UserError, type UserErrorDetail } from "../../util/userError.ts";
import { asCurrentActor } from "../audit/actor.ts";
import { type Audited, auditEntry } from "../audit/audit.ts";
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
import { checkActionTargets, checkInputs, prepareCall } from "./emitPrepare.ts";
import { beginEmit, stepSpan } from "./emitSpans.ts";
import {
  type Accepted,
  createEmitWriter,
  type Emitted,
  failed,
  type Outcome,
  type PlannedCall,
  type Reserve,
} from "./emitWrite.ts";
import { checkRejectionsEarly, entriesAt, keysOf } from "./idempotency.ts";
import { eventToMatch, loadMatchContext } from "./matchContext.ts";

/** One call: its events are written together or not at all. */
export type EmitCall = {
  projectId: string;
  inputs: EventInput[];
  origin: EventOrigin;
  /** The trace of its request (src/util/traceContext.ts); an event may have its own. */
  trace?: string | null;
  /** The events are for this hook alone, whatever it takes, and start no workflows. */
  onlyHookId?: string;
  /** The entry of the audit log that is written with the first event, given its id; none for a duplicate. */
  audited?: ((eventId: string) => Audited) | undefined;
};

export type Emitter = {
  /**
   * Resolves after the commit. Throws UserError; the paths begin with the event's index. Throws Overloaded, with
   * nothing done, when more waits than PostgreSQL can take.
   */
  emit(call: EmitCall): Promise<Emitted[]>;
};

export type EmitterHooks = {
  /**
   * Whether this process delivers what it accepts: `onAccepted` then wakes it, and a job would be overhead. Should it
   * die in between, the reconciler finds overdue work from the tables.
   */
  deliversHere: boolean;
  /** Receives after the commit what is to be done next. */
  onAccepted: (accepted: Accepted) => void;
  /** Checks the targets of actions. */
  checkTarget: CheckTarget;
  /** Reserves free slots of this process for deliveries that are being written. */
  reserve?: Reserve | undefined;
  /** Called when a wake-up could not be queued: its work is found later, from the tables. */
  onLate: (error: unknown) => void;
  /** Receives each change of the total weight that waits to be written. */
  onWaiting: (change: number) => void;
  /** Receives the number of events rejected because too much waited. */
  onOverload: (events: number) => void;
};

const MAX_BATCH = 500;
/** Per project: while one batch is being committed, the next is planned. */
const PARALLEL_OF_PROJECT = 2;
const PARALLEL_BATCHES = 4;
/** About 2 s of writing on 2 cores; at 2 KiB each, 100 MiB of a process's memory. */
const MAX_WAITING = 50_000;
/**
 * The most work for matching the events of one project's batch in place (50 ms, in slices), including writing their
 * deliveries (5,000). The rest are STAGED and matched after the commit.
 */
const STEPS_PER_BATCH = 1_000_000;

/** A call whose events are checked, with the configuration it is planned under. */
type PreparedCall = {
  projectId: string;
  origin: EventOrigin;
  config: ProjectConfig;
  events: PreparedEvent[];
  entryOf: PlannedCall["entryOf"];
  /** Its share of the queue's limit. */
  weight: number;
};
/** The only entry for events: groups a project's concurrent calls into one statement and one commit. */
export function createEmitter(
  sql: Pool,
  configs: ProjectConfigs,
  programs: TenantPrograms,
  { checkTarget, onWaiting, onOverload, ...hooks }: EmitterHooks,
): Emitter {
  const write = createEmitWriter(sql, programs, hooks);

  /** The calls of one project. A call prepared under an older configuration than another one is outdated. */
  async function emitAll(calls: PreparedCall[]): Promise<Outcome[]> {
    const newest = Math.max(...calls.map(({ config }) => config.version));
    const isOutdated = ({ config }: PreparedCall) => config.version !== newest;
    const current = calls.filter((call) => !isOutdated(call));
    // The database's clock is read only when a schedule depends on it.
    const isTimed = current.some(({ events }) => events.some(({ input }) => hasSchedule(input)));
    const now = isTimed ? await databaseNow(sql) : new Date();
    const context = await loadMatchContext(
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
      const rejections: UserErrorDetail[] = [];
      const span = stepSpan("match", call.events[0]?.checked.trace);
      for (const [index, event] of call.events.entries()) {
        try {
          events.push(planEvent(place, event, call.origin, now, context));
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
          rejections.push(...entriesAt(index, error));
        }
        await nextSlice();
      }
      span?.end();
      const plannedCall = {
        planned: events,
        keys: keysOf(events),
        config: call.config,
        entryOf: call.entryOf,
      };
      planned.push(async () => {
        if (rejections.length > 0) throw new UserError(rejections);
        await checkRejectionsEarly(sql, plannedCall);
        return plannedCall;
      });
    }
    const plans = await Promise.allSettled(planned.map((plan) => plan()));
    const valid = plans.flatMap((plan) => (plan.status === "fulfilled" ? [plan.value] : []));
    const spans = valid.map((call) => stepSpan("accept", call.planned[0]?.event.trace));
    const written = await write(valid);
    for (const span of spans) span?.end();
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
   * Plans with the cached configuration. Plans again with the current one on a version conflict, and on a validation
   * error, which an outdated configuration may cause.
   */
  async function emitCall(call: EmitCall): Promise<Emitted[]> {
    const { projectId, inputs, origin, onlyHookId = null, audited } = call;
    const entryOf = audited && asCurrentActor((id: string) => auditEntry(audited(id)));
    const weight = weightOf(inputs);
    batcher.checkRoom(projectId, weight);
    // Before the batch, so that a slow name server or schema delays no other call.
    const checked = await checkInputs(inputs);
    const targets = await checkActionTargets(checked, (url) => checkTarget(url, projectId));
    let isLastKnown = true;
    return withFreshConfig(async () => {
      const known = isLastKnown ? configs.lastKnown : configs.current;
      const config = (await known([projectId])).get(projectId);
      if (!config) throw new Error(`no project ${projectId}`);
      try {
        await warmSystemTypes(config, programs);
        const { schemas } = programs;
        const events = await prepareCall(config, schemas, checked, targets, onlyHookId);
        return await batcher.add({ projectId, origin, config, events, entryOf, weight });
      } catch (error) {
        if (!(isLastKnown && error instanceof UserError)) throw error;
        const [current] = await configVersions(sql, [projectId]);
        throw current?.version === config.version
          ? error
          : new StaleConfig("rejected by an older configuration");
      } finally {
        isLastKnown = false;
      }
    });
  }

  return {
    async emit(call) {
      const { inputs, end } = beginEmit(call);
      try {
        const emitted = await emitCall({ ...call, inputs });
        end();
        return emitted;
      } catch (error) {
        end(error);
        if (error instanceof Overloaded) onOverload(call.inputs.length);
        throw error;
      }
    },
  };
}
