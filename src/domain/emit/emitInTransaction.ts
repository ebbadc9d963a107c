import type { Pool, Tx } from "../../db/connection/client.ts";
import type { EventOrigin, EventRow } from "../../db/event/events.ts";
import { writeEvents } from "../../db/event/insert.ts";
import { storedEvent } from "../../db/event/newEvent.ts";
import { writeToFeed } from "../../db/feed/record.ts";
import type { Fragment } from "../../db/page/page.ts";
import { advanceJobs } from "../../db/workflow/workflowRuns.ts";
import { startSpan } from "../../telemetry/span.ts";
import { createBatcher } from "../../util/batcher.ts";
import { Overloaded } from "../../util/overloaded.ts";
import { asCurrentActor } from "../audit/actor.ts";
import { inTurn, type PreparedEvent, planEvent, prepareEvent } from "../event/event.ts";
import { checkEventInput, type EventInput } from "../event/eventInput.ts";
import { IN_PLACE_STEPS, planMatchedSystemEvents, warmSystemTypes } from "../event/systemEvent.ts";
import { checkType, type TypeVerdict, tryCheckType } from "../eventType/typeCheck.ts";
import { createStepBudget } from "../program/stepBudget.ts";
import type { TenantPrograms } from "../program/tenantPrograms.ts";
import type { ProjectConfig, ProjectConfigs } from "../project/projectConfig.ts";
import { withFreshConfig } from "../project/withFreshConfig.ts";
import { unknownHook, withErrors } from "./emitPrepare.ts";
import type { EmitterHooks } from "./emitter.ts";
import { acceptedOf, wakeUps } from "./emitWrite.ts";
import { keysOf } from "./idempotency.ts";
import { eventToMatch, loadMatchContext } from "./matchContext.ts";

/**
 * The result of a change, what is still to be written (such as its feed record) and the event that reports it; null when
 * no event does.
 */
type Change<Result> = {
  result: Result;
  record: (eventId: string | null) => Fragment;
  input: EventInput | null;
  /** The attributes that it changes, of a resource. */
  changed?: string[] | undefined;
};

/**
 * Makes a change and emits its event in one transaction: both or, when the event is rejected, neither. `change` runs
 * again when the project's configuration has changed meanwhile. Throws UserError as planEvent does, and Overloaded,
 * with nothing done, when more waits than PostgreSQL can take.
 */
export type EmitInTransaction = <Result>(
  place: { projectId: string; trace: string | null },
  origin: EventOrigin,
  change: (tx: Tx) => Promise<Change<Result>>,
) => Promise<{ result: Result; event: EventRow | null }>;

/**
 * The most changes written at once. While PostgreSQL stalls, these and the batches of emits and attempts must leave
 * some of the pool's 10 connections free, for example for key lookups.
 */
const PARALLEL = 2;
/** About 2 s of work, with one commit per change. */
const MAX_WAITING = 2_000;

/** How often a change is repeated because its event's schema had to be checked in the sandbox. */
const MAX_ROUNDS = 5;

export function createEmitInTransaction(
  sql: Pool,
  configs: ProjectConfigs,
  programs: TenantPrograms,
  {
    onAccepted,
    deliversHere,
    onWaiting,
    onOverload,
  }: Pick<EmitterHooks, "onAccepted" | "deliversHere" | "onWaiting" | "onOverload">,
): EmitInTransaction {
  type Emit = (
    ...args: [...Parameters<EmitInTransaction>, KnownVerdicts]
  ) => ReturnType<EmitInTransaction>;
  const emitNow: Emit = async ({ projectId, trace }, origin, change, verdicts) => {
    const config = (await configs.current([projectId])).get(projectId);
    if (!config) throw new Error(`no project ${projectId}`);
    await warmSystemTypes(config, programs);
    const { accepted, ...written } = await sql.begin(async (tx) => {
      const { result, record, input, changed } = await change(tx);
      if (input === null) {
        await writeToFeed(tx, projectId, [], [record(null)]);
        return { result, event: null, accepted: null };
      }
      const context = await loadMatchContext(tx, [eventToMatch(config, input)]);
      const prepared = prepareNow(config, programs, { ...input, trace }, verdicts);
      const budget = createStepBudget(IN_PLACE_STEPS);
      const place = { config, filters: programs.filters, budget };
      const about = { ...prepared, ...(changed && { changed }) };
      const asPlanned = planEvent(place, about, origin, new Date(), context);
      // That of an event with an idempotency key is not thrown before.
      if (asPlanned.rejection) throw asPlanned.rejection;
      // The change is made once: whether an earlier event is matched is known only when it is written.
      const isOrdered = asPlanned.deliveries.some(({ orderKey }) => orderKey !== undefined);
      const planned = isOrdered ? inTurn(config, asPlanned) : asPlanned;
      const systemEvents = planMatchedSystemEvents(config, programs, planned.event);
      const deliveries = [planned, ...systemEvents].flatMap(({ deliveries }) => deliveries);
      const { runs, actions } = planned;
      const advances = advanceJobs(runs.map(({ id }) => ({ projectId, runId: id })));
      const events = [planned, ...systemEvents].map(({ event }) => event);
      const accepted = acceptedOf(projectId, events, deliveries);
      const jobs = [...(deliversHere ? [] : wakeUps(accepted)), ...advances];
      const keys = keysOf([planned]);
      const accepting = { projectId, version: config.version, events, deliveries, keys };
      const first = [record(planned.event.id)];
      const at = await writeEvents(tx, accepting, { runs, actions, jobs, first });
      return { result, event: storedEvent(planned.event, at), accepted };
    });
    if (accepted) onAccepted(accepted);
    return written as never;
  };
  const turns = createBatcher(
    (changes: Parameters<Emit>[]) =>
      Promise.allSettled(changes.map((change) => withFreshConfig(() => emitNow(...change)))),
    {
      maxSize: 1,
      parallel: PARALLEL,
      holderOf: ([{ projectId }]) => projectId,
      waiting: { what: "changes that wait to be written", size: MAX_WAITING },
      onWaiting,
    },
  );

  /**
   * Checking the event against its type's schema may take long. It is done between two tries, outside the transaction.
   */
  async function emitInTurn(...change: Parameters<EmitInTransaction>): Promise<unknown> {
    const verdicts: KnownVerdicts = new Map();
    for (let round = 1; ; round += 1) {
      try {
        return await turns.add([...change, verdicts]);
      } catch (error) {
        if (!(error instanceof SchemaCheckNeeded) || round >= MAX_ROUNDS) throw error;
        const { config, type, data } = error;
        verdicts.set(
          verdictKey(config, type, data),
          await checkType(config, programs.schemas, type, data),
        );
      }
    }
  }

  return async ({ projectId, trace }, origin, change) => {
    const span = startSpan("emit", "PRODUCER", trace);
    span?.set({ "signalbox.project.id": projectId });
    let failure: unknown;
    try {
      const place = { projectId, trace: span?.trace ?? trace };
      return (await emitInTurn(place, origin, asCurrentActor(change))) as never;
    } catch (error) {
      failure = error;
      if (error instanceof Overloaded) onOverload(1);
      throw error;
    } finally {
      span?.end(failure instanceof Error ? failure.name : undefined);
    }
  };
}

/** Results of schema checks, by type, version and data. */
type KnownVerdicts = Map<string, TypeVerdict>;

const verdictKey = ({ types }: ProjectConfig, type: string, data: unknown) =>
  JSON.stringify([type, types.get(type)?.version, data]);

/**
 * Thrown when the data cannot be checked against its type in place: the transaction is rolled back and the check runs
 * outside.
 */
class SchemaCheckNeeded extends Error {
  override name = "SchemaCheckNeeded" as const;
  readonly config: ProjectConfig;
  readonly type: string;
  readonly data: unknown;

  constructor(config: ProjectConfig, type: string, data: unknown) {
    super("the type's schema is not cheap to check");
    this.config = config;
    this.type = type;
    this.data = data;
  }
}

function prepareNow(
  config: ProjectConfig,
  { schemas }: TenantPrograms,
  input: EventInput,
  verdicts: KnownVerdicts,
): PreparedEvent {
  const checked = checkEventInput(input);
  const data = input.data ?? null;
  const verdict =
    tryCheckType(config, schemas, checked.type, data) ??
    verdicts.get(verdictKey(config, checked.type, data));
  if (!verdict) throw new SchemaCheckNeeded(config, checked.type, data);
  return prepareEvent(input, checked, withErrors(verdict, unknownHook(config, checked)));
}
