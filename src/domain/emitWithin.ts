import { writeToFeed } from "../db/changes.ts";
import type { Pool, Tx } from "../db/client.ts";
import { inTransaction, lanesOf, writeEvents } from "../db/emits.ts";
import type { EventOrigin, EventRow } from "../db/events.ts";
import { deliverJobs } from "../db/jobs.ts";
import type { Fragment } from "../db/page.ts";
import { advanceJobs } from "../db/workflowRuns.ts";
import { createBatcher } from "../util/batcher.ts";
import { Overloaded } from "../util/overloaded.ts";
import { askingEvent, gatherFacts } from "./emitFacts.ts";
import { dispatchJobs, type EmitterHooks } from "./emitter.ts";
import { planEvent } from "./event.ts";
import type { EventInput } from "./eventInput.ts";
import type { ProjectConfigs } from "./projectConfig.ts";
import { planMatched } from "./systemEvent.ts";
import { withFreshConfig } from "./withFreshConfig.ts";

/** What a change has done, the feed row of it, and the event that tells of it; null when none does. */
type Change<Result> = { result: Result; record: Fragment; input: EventInput | null };

/**
 * Makes a change and emits the event that tells of it, in one transaction: both or, when the event is refused, none.
 * `change` is run again when the project's configuration moved meanwhile. Throws UserMistake as planEvent does, and
 * Overloaded, with nothing done, when more waits than PostgreSQL takes.
 */
export type EmitWithin = <Result>(
  projectId: string,
  origin: EventOrigin,
  change: (tx: Tx) => Promise<Change<Result>>,
) => Promise<{ result: Result; event: EventRow | null }>;

/**
 * So many are written at once: under the feed lock one goes after the other anyway. And while PostgreSQL stalls, with
 * two batches of emits and two of answers, 4 of the pool's 10 connections are left to others: keys are looked up.
 */
const PARALLEL = 2;
/** What is written in about 2 s, each with a commit of its own. */
const MAX_WAITING = 2_000;

export function createEmitWithin(
  sql: Pool,
  configs: ProjectConfigs,
  { onAccepted, deliversHere, onWaiting, onOverload }: EmitterHooks,
): EmitWithin {
  const emitNow: EmitWithin = async (projectId, origin, change) => {
    const config = (await configs.current([projectId])).get(projectId);
    if (!config) throw new Error(`no project ${projectId}`);
    const { deliveries, ...written } = await inTransaction(sql, async (tx) => {
      const { result, record, input } = await change(tx);
      if (input === null) {
        await writeToFeed(tx, [], [record]);
        return { result, event: null, deliveries: [] };
      }
      const facts = await gatherFacts(tx, [askingEvent(config, input)]);
      const planned = planEvent(config, input, origin, new Date(), facts);
      const said = planMatched(config, planned.event);
      const deliveries = [planned, ...said].flatMap(({ deliveries }) => deliveries);
      const wakeUps = deliversHere ? [] : deliverJobs(lanesOf(deliveries));
      const { runs } = planned;
      const advances = advanceJobs(runs.map(({ id }) => ({ projectId, runId: id })));
      const jobs = [...wakeUps, ...dispatchJobs([planned]), ...advances];
      const versions = new Map([[projectId, config.version]]);
      const events = [planned, ...said].map(({ event }) => event);
      const [event] = await writeEvents(tx, events, { deliveries, runs }, jobs, versions, {
        first: [record],
      });
      return { result, event: event ?? null, deliveries };
    });
    if (written.event) onAccepted({ lanes: lanesOf(deliveries), events: 1 });
    return written;
  };
  const turns = createBatcher(
    (changes: Parameters<EmitWithin>[]) =>
      Promise.allSettled(changes.map((change) => withFreshConfig(() => emitNow(...change)))),
    {
      maxSize: 1,
      parallel: PARALLEL,
      holderOf: ([projectId]) => projectId,
      waiting: { what: "changes that wait to be written", size: MAX_WAITING },
      onWaiting,
    },
  );
  return (...change) =>
    turns.add(change as Parameters<EmitWithin>).catch((error) => {
      if (error instanceof Overloaded) onOverload(1);
      throw error;
    }) as Promise<never>;
}
