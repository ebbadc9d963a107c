import type { Pool, Tx } from "../../db/connection/client.ts";
import {
  type Finish,
  type FinishedDelivery,
  finish,
  insertAttempts,
} from "../../db/delivery/finish.ts";
import { goneHooks } from "../../db/delivery/gone.ts";
import { accept } from "../../db/event/accept.ts";
import { recordHook, retireHooks } from "../../db/hook/hookChanges.ts";
import { moveWaiting, queueSettling } from "../../db/hook/moveQueued.ts";
import { type FollowUp, followUpOf } from "../event/followUp.ts";
import {
  type InPlace,
  type PlannedSystemEvent,
  planSystemEvent,
  warmSystemTypes,
} from "../event/systemEvent.ts";
import { errorEvent, webhookCalled } from "../event/systemEventData.ts";
import type { ProjectConfig, ProjectConfigs } from "../project/projectConfig.ts";
import { withFreshConfig } from "../project/withFreshConfig.ts";

/** The deliveries that changed, and what is to be done next about the system events. */
type Finished = { moved: FinishedDelivery[]; next: FollowUp };

/** The system events of one attempt: the call, and the delivery's failure when no try is left. */
function planFinish(
  config: ProjectConfig,
  programs: InPlace,
  { attempt, call }: Finish,
  isFailed: boolean,
): PlannedSystemEvent[] {
  if (!call) return [];
  const { eventId, eventType, url } = call;
  const systemEvents = [webhookCalled({ ...call, attempt })];
  if (isFailed) {
    const tries = `${attempt.number} ${attempt.number === 1 ? "try" : "tries"}`;
    const text = `event '${eventType}' was not delivered to ${url} in ${tries}: ${attempt.error}`;
    systemEvents.push(errorEvent(text));
  }
  return systemEvents.map((one) => planSystemEvent(config, programs, eventId, one));
}

/** Finishes attempts. When another worker has taken over a claim, only the attempt's record is written. */
async function finishAll(
  sql: Pool | Tx,
  projectId: string,
  finishes: Finish[],
): Promise<{ moved: FinishedDelivery[]; recorded: Finish[] }> {
  const moved = await finish(sql, projectId, finishes);
  if (moved.length === finishes.length) return { moved, recorded: finishes };
  const ids = new Set(moved.map(({ id }) => id));
  const superseded = finishes.filter(({ deliveryId }) => !ids.has(deliveryId));
  for (const { deliveryId } of await insertAttempts(sql, projectId, superseded))
    ids.add(deliveryId);
  return { moved, recorded: finishes.filter(({ deliveryId }) => ids.has(deliveryId)) };
}

/**
 * Deletes the hooks whose target answered that it is gone, before their deliveries end as GONE. Returns the hooks' ids.
 */
async function retireGone(tx: Tx, projectId: string, finishes: Finish[]): Promise<Set<string>> {
  const gone = finishes.filter(({ status }) => status === "GONE");
  if (gone.length === 0) return new Set();
  const hooks = await retireHooks(tx, await goneHooks(tx, projectId, gone));
  for (const hook of hooks) {
    await recordHook(tx, hook);
    await moveWaiting(tx, hook, "DELETED");
    await queueSettling(tx, projectId, [hook]);
  }
  return new Set(hooks.map(({ id }) => id));
}

/** The configuration after these hooks are gone: each of them raised the version by one. */
function without(config: ProjectConfig, gone: ReadonlySet<string>): ProjectConfig {
  if (gone.size === 0) return config;
  const hooksFor: ProjectConfig["hooksFor"] = (type, userId) =>
    config.hooksFor(type, userId).filter(({ id }) => !gone.has(id));
  return { ...config, version: config.version + gone.size, hooksFor };
}

/**
 * Finishes attempts of one project and emits their system events when the project has them on. One statement, unless
 * more has to be written with it.
 */
export function finishDeliveries(
  sql: Pool,
  configs: ProjectConfigs,
  programs: InPlace,
  projectId: string,
  finishes: Finish[],
): Promise<Finished> {
  return withFreshConfig(async () => {
    const isReported = finishes.some(({ call }) => call !== null);
    const config = isReported ? (await configs.current([projectId])).get(projectId) : undefined;
    const isGone = finishes.some(({ status }) => status === "GONE");
    if (!config?.systemEvents && !isGone) {
      const { moved } = await finishAll(sql, projectId, finishes);
      return { moved, next: followUpOf(projectId, [], []) };
    }
    if (config) await warmSystemTypes(config, programs);
    return sql.begin(async (tx) => {
      const gone = await retireGone(tx, projectId, finishes);
      const { moved, recorded } = await finishAll(tx, projectId, finishes);
      if (!config?.systemEvents) return { moved, next: followUpOf(projectId, [], []) };
      const current = without(config, gone);
      const isParked = new Set(
        finishes.filter(({ status }) => status === "PARKED").map(({ deliveryId }) => deliveryId),
      );
      const failed = new Set(
        moved
          .filter(({ id, status }) => status === "FAILED" || isParked.has(id))
          .map(({ id }) => id),
      );
      const systemEvents = recorded.flatMap((one) =>
        planFinish(current, programs, one, failed.has(one.deliveryId)),
      );
      const deliveries = systemEvents.flatMap((one) => one.deliveries);
      const events = systemEvents.map(({ event }) => event);
      await accept(tx, { projectId, version: current.version, events, deliveries });
      return { moved, next: followUpOf(projectId, events, deliveries) };
    });
  });
}
