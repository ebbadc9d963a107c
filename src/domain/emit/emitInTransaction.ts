import type { Pool, Tx } from "../../db/connection/client.ts";
import { inTransaction } from "../../db/connection/inTransaction.ts";
import type { EventOrigin, EventRow } from "../../db/event/events.ts";
import { writeEvents } from "../../db/event/insert.ts";
import { storedEvent } from "../../db/event/newEvent.ts";
import { writeToFeed } from "../../db/feed/record.ts";
import type { Fragment } from "../../db/page/page.ts";
import { advanceJobs } from "../../db/workflow/workflowRuns.ts";
import { createBatcher } from "../../util/batcher.ts";
import { Overloaded } from "../../util/overloaded.ts";
import { type PreparedEvent, planEvent, prepareEvent } from "../event/event.ts";
import { checkEventInput, type EventInput } from "../event/eventInput.ts";
import { IN_PLACE_STEPS, planMatchedSystemEvents, warmSystemTypes } from "../event/systemEvent.ts";
import { checkType, type TypeVerdict, tryCheckType } from "../eventType/typeCheck.ts";
import { createStepBudget } from "../program/stepBudget.ts";
import type { TenantPrograms } from "../program/tenantPrograms.ts";
import type { ProjectConfig, ProjectConfigs } from "../project/projectConfig.ts";
import { withFreshConfig } from "../project/withFreshConfig.ts";
import type { EmitterHooks } from "./emitter.ts";
import { acceptedOf, wakeUps } from "./emitWrite.ts";
import { eventToMatch, loadMatchContext } from "./matchContext.ts";

/** What a change has done, the feed item of it, and the event that tells of it; null when none does. */
type Change<Result> = { result: Result; record: Fragment; input: EventInput | null };

/**
 * Makes a change and emits the event that tells of it, in one transaction: both or, when the event is refused, none.
 * `change` is run again when the project's configuration moved meanwhile. Throws UserError as planEvent does, and
 * Overloaded, with nothing done, when more waits than PostgreSQL takes.
 */
export type EmitInTransaction = <Result>(
  projectId: string,
  origin: EventOrigin,
  change: (tx: Tx) => Promise<Change<Result>>,
) => Promise<{ result: Result; event: EventRow | null }>;

/**
 * So many are written at once. And while PostgreSQL stalls, with the batches of emits and of answers, some of the pool's
 * 10 connections are left to others: keys are looked up.
 */
const PARALLEL = 2;
/** What is written in about 2 s, each with a commit of its own. */
const MAX_WAITING = 2_000;

/** So often a change is made again because its event's type had to be asked in the sandbox. */
const MAX_ROUNDS = 5;

export function createEmitInTransaction(
  sql: Pool,
  configs: ProjectConfigs,
  programs: TenantPrograms,
  { onAccepted, deliversHere, onWaiting, onOverload }: EmitterHooks,
): EmitInTransaction {
  type Emit = (
    ...args: [...Parameters<EmitInTransaction>, KnownVerdicts]
  ) => ReturnType<EmitInTransaction>;
  const emitNow: Emit = async (projectId, origin, change, verdicts) => {
    const config = (await configs.current([projectId])).get(projectId);
    if (!config) throw new Error(`no project ${projectId}`);
    await warmSystemTypes(config, programs);
    const { accepted, ...written } = await inTransaction(sql, async (tx) => {
      const { result, record, input } = await change(tx);
      if (input === null) {
        await writeToFeed(tx, projectId, [], [record]);
        return { result, event: null, accepted: null };
      }
      const facts = await loadMatchContext(tx, [eventToMatch(config, input)]);
      const prepared = prepareNow(config, programs, input, verdicts);
      const budget = createStepBudget(IN_PLACE_STEPS);
      const place = { config, filters: programs.filters, budget };
      const planned = planEvent(place, prepared, origin, new Date(), facts);
      const said = planMatchedSystemEvents(config, programs, planned.event);
      const deliveries = [planned, ...said].flatMap(({ deliveries }) => deliveries);
      const { runs } = planned;
      const advances = advanceJobs(runs.map(({ id }) => ({ projectId, runId: id })));
      const events = [planned, ...said].map(({ event }) => event);
      const accepted = acceptedOf(projectId, events, deliveries);
      const jobs = [...(deliversHere ? [] : wakeUps(accepted)), ...advances];
      const accepting = { projectId, version: config.version, events, deliveries };
      const at = await writeEvents(tx, accepting, { runs, jobs, first: [record] });
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
      holderOf: ([projectId]) => projectId,
      waiting: { what: "changes that wait to be written", size: MAX_WAITING },
      onWaiting,
    },
  );

  /** What its type says of the event may take long to find: that happens between two tries of the transaction. */
  async function emitInTurn(...change: Parameters<EmitInTransaction>): Promise<unknown> {
    const verdicts: KnownVerdicts = new Map();
    for (let round = 1; ; round += 1) {
      try {
        return await turns.add([...change, verdicts]);
      } catch (error) {
        if (!(error instanceof NotTold) || round >= MAX_ROUNDS) throw error;
        const { config, type, data } = error;
        verdicts.set(
          verdictKey(config, type, data),
          await checkType(config, programs.schemas, type, data),
        );
      }
    }
  }

  return (...change) =>
    emitInTurn(...change).catch((error) => {
      if (error instanceof Overloaded) onOverload(1);
      throw error;
    }) as Promise<never>;
}

/** What is known of events' types, by type, version and data. */
type KnownVerdicts = Map<string, TypeVerdict>;

const verdictKey = ({ types }: ProjectConfig, type: string, data: unknown) =>
  JSON.stringify([type, types.get(type)?.version, data]);

/** Whether the data fits its type cannot be told in place: the transaction has to wait for it outside. */
class NotTold extends Error {
  override name = "NotTold" as const;
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
  if (!verdict) throw new NotTold(config, checked.type, data);
  return prepareEvent(input, checked, verdict);
}
