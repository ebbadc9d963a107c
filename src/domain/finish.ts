import type { Pool } from "../db/client.ts";
import { lanesOf } from "../db/emits.ts";
import { type Finish, finishAttempts, type Moved, type SayOfFinishes } from "../db/finishes.ts";
import type { Lane } from "../db/jobs.ts";
import type { ProjectConfig, ProjectConfigs } from "./projectConfig.ts";
import {
  type InPlace,
  type PlannedSystemEvent,
  planSystemEvent,
  warmSystemTypes,
} from "./systemEvent.ts";
import { errorSaid, webhookCalled } from "./systemEventData.ts";
import { withFreshConfig } from "./withFreshConfig.ts";

/** The system events of one attempt: the call, and the end of the delivery when there is no further try. */
function planFinish(
  config: ProjectConfig,
  programs: InPlace,
  finish: Finish,
  isFailed: boolean,
): PlannedSystemEvent[] {
  const { attempt, call } = finish;
  if (!call || !config.systemEvents) return [];
  const { eventId, eventType, url } = call;
  const said = [webhookCalled({ ...call, attempt })];
  if (isFailed) {
    const tries = `${attempt.number} ${attempt.number === 1 ? "try" : "tries"}`;
    const text = `event '${eventType}' was not delivered to ${url} in ${tries}: ${attempt.error}`;
    said.push(errorSaid(text));
  }
  return said.map((one) => planSystemEvent(config, programs, eventId, one));
}

/** A configuration as it is once these hooks are gone: each moved the version by one. */
function without(config: ProjectConfig, gone: ReadonlySet<string>): ProjectConfig {
  if (gone.size === 0) return config;
  const hooksFor = (type: string) => config.hooksFor(type).filter(({ id }) => !gone.has(id));
  return { ...config, version: config.version + gone.size, hooksFor };
}

/** Says what the projects' configurations ask for, and under which versions that was planned. */
const sayUnder =
  (configs: Map<string, ProjectConfig>, programs: InPlace): SayOfFinishes =>
  (recorded, moved, retired) => {
    const failed = new Set(moved.filter(({ status }) => status === "FAILED").map(({ id }) => id));
    const gone = Map.groupBy(retired, ({ projectId }) => projectId);
    const current = new Map(
      [...configs].map(([projectId, config]) => {
        const ids = (gone.get(projectId) ?? []).map(({ id }) => id);
        return [projectId, without(config, new Set(ids))];
      }),
    );
    const said = recorded.flatMap((finish) => {
      const config = current.get(finish.projectId);
      return config ? planFinish(config, programs, finish, failed.has(finish.deliveryId)) : [];
    });
    return {
      events: said.map(({ event }) => event),
      deliveries: said.flatMap(({ deliveries }) => deliveries),
      versions: new Map([...current].map(([projectId, { version }]) => [projectId, version])),
    };
  };

/**
 * Finishes a batch of attempts, and says of them what their projects ask for, all in one transaction. Gives back the
 * deliveries that moved, and the lanes of what was said.
 */
export function finishDeliveries(
  sql: Pool,
  configs: ProjectConfigs,
  programs: InPlace,
  finishes: Finish[],
): Promise<{ moved: Moved[]; lanes: Lane[] }> {
  const told = finishes.filter(({ call }) => call !== null).map(({ projectId }) => projectId);
  return withFreshConfig(async () => {
    const current =
      told.length > 0
        ? await configs.current([...new Set(told)])
        : new Map<string, ProjectConfig>();
    for (const config of current.values()) await warmSystemTypes(config, programs);
    const { moved, said } = await finishAttempts(sql, finishes, sayUnder(current, programs));
    return { moved, lanes: lanesOf(said.deliveries) };
  });
}
