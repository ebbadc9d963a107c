import { isStaleConfig } from "../db/changes.ts";
import type { Pool } from "../db/client.ts";
import { type DispatchedEvent, lockStagedEvents, writeDispatched } from "../db/dispatch.ts";
import { inTransaction, lanesOf, type NewDelivery } from "../db/emits.ts";
import type { EventRow } from "../db/events.ts";
import type { Lane } from "../db/jobs.ts";
import type { NewRun } from "../db/workflowRuns.ts";
import { type EmitFacts, gatherFacts } from "./emitFacts.ts";
import { UserMistake } from "./errors.ts";
import { checkAgainstType, planDeliveries, planRuns } from "./event.ts";
import type { ProjectConfig, ProjectConfigs } from "./projectConfig.ts";
import { type PlannedSystemEvent, planMatched } from "./systemEvent.ts";

type Dispatched = {
  event: DispatchedEvent;
  deliveries: NewDelivery[];
  runs: NewRun[];
  said: PlannedSystemEvent[];
};

/** What a staged event becomes. One of the SQL door meets its schema only here: if it does not fit, it FAILED. */
function dispatchOne(config: ProjectConfig, event: EventRow, facts: EmitFacts): Dispatched {
  const base = { ...event, configVersion: config.version };
  try {
    const data = event.data === null ? null : JSON.parse(event.data);
    const typeVersion =
      event.origin === "SQL" ? checkAgainstType(config, event.type, data) : event.typeVersion;
    const deliveries = planDeliveries(config, event, facts);
    const runs = planRuns(config, event, facts);
    const status = deliveries.length + runs.length > 0 ? "DISPATCHED" : "PROCESSED";
    const said = planMatched(config, { ...event, status });
    return { event: { ...base, typeVersion, status }, deliveries, runs, said };
  } catch (error) {
    if (!(error instanceof UserMistake)) throw error;
    const failed = { ...base, status: "FAILED" as const, error: error.message };
    return { event: failed, deliveries: [], runs: [], said: [] };
  }
}

/**
 * Matches staged events (of the SQL door, or with very many hooks) and scheduled ones that are due, and writes their deliveries, all in one
 * transaction: a crash leaves them staged, and running twice finds nothing to do. Gives back the lanes to wake.
 */
export async function dispatchEvents(
  sql: Pool,
  configs: ProjectConfigs,
  { projectId, eventIds }: { projectId: string; eventIds: string[] },
): Promise<Lane[]> {
  const config = (await configs.current([projectId])).get(projectId);
  if (!config) return [];
  const write = inTransaction(sql, async (tx) => {
    const staged = await lockStagedEvents(tx, projectId, eventIds);
    if (staged.length === 0) return [];
    const facts = await gatherFacts(
      tx,
      staged.map((event) => ({ config, ...event, subject: event })),
    );
    const dispatched = staged.map((event) => dispatchOne(config, event, facts));
    const said = dispatched.flatMap(({ said }) => said);
    const deliveries = [...dispatched, ...said].flatMap(({ deliveries }) => deliveries);
    const runs = dispatched.flatMap(({ runs }) => runs);
    await writeDispatched(
      tx,
      dispatched.map(({ event }) => event),
      { deliveries, runs },
      said.map(({ event }) => event),
    );
    return lanesOf(deliveries);
  });
  return write.catch((error) => {
    if (isStaleConfig(error)) return dispatchEvents(sql, configs, { projectId, eventIds });
    throw error;
  });
}
