import type { Pool, Tx } from "../../db/connection/client.ts";
import {
  type Finish,
  type FinishedDelivery,
  finish,
  insertAttempts,
} from "../../db/delivery/finish.ts";
import { leavingHooks } from "../../db/delivery/gone.ts";
import { accept } from "../../db/event/accept.ts";
import type { HealthChange } from "../../db/hook/hookHealth.ts";
import type { HookRow } from "../../db/hook/hooks.ts";
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
import { disabledEvent, healthEvents } from "./healthEvent.ts";
import { afterRetiring, retire } from "./retire.ts";

/** The deliveries and the health of hooks that changed, and what is to be done next about the system events. */
type Finished = { moved: FinishedDelivery[]; changes: HealthChange[]; next: FollowUp };

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
): Promise<Omit<Finished, "next"> & { recorded: Finish[] }> {
  const { moved, changes } = await finish(sql, projectId, finishes);
  if (moved.length === finishes.length) return { moved, changes, recorded: finishes };
  const ids = new Set(moved.map(({ id }) => id));
  const superseded = finishes.filter(({ deliveryId }) => !ids.has(deliveryId));
  for (const { deliveryId } of await insertAttempts(sql, projectId, superseded))
    ids.add(deliveryId);
  return { moved, changes, recorded: finishes.filter(({ deliveryId }) => ids.has(deliveryId)) };
}

/** Whether the target asked for no more deliveries. */
const isLeaving = ({ status, disables }: Finish) => status === "GONE" || disables;

/** Deletes or disables the hooks whose target asked for it, before their deliveries end as GONE or are parked. */
async function retireLeaving(tx: Tx, projectId: string, finishes: Finish[]): Promise<HookRow[]> {
  const leaving = finishes.filter(isLeaving);
  return leaving.length === 0
    ? []
    : retire(tx, projectId, await leavingHooks(tx, projectId, leaving));
}

/** The system events about hooks' health, each with the event whose attempt caused it. */
function healthInputs(changes: HealthChange[], retired: HookRow[], finishes: Finish[]) {
  const endOf = ({ attempt }: Finish) => attempt.startedAt.getTime() + attempt.elapsedMs;
  const lastOf = (hookId: string) =>
    finishes
      .filter((one) => one.hookId === hookId)
      .sort((a, b) => endOf(a) - endOf(b))
      .at(-1);
  const told = [
    ...changes.flatMap((change) =>
      healthEvents(change, lastOf(change.hookId)?.attempt.error ?? null),
    ),
    ...retired.filter(({ status }) => status === "DISABLED").map(disabledEvent),
  ];
  return told.flatMap((input) => {
    const cause = lastOf(input.subject.id);
    return cause ? { causeId: cause.eventId, input } : [];
  });
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
    const isAudited = finishes.some(({ systemEvents }) => systemEvents);
    const config = isAudited ? (await configs.current([projectId])).get(projectId) : undefined;
    const none = followUpOf(projectId, [], []);
    if (!config?.systemEvents && !finishes.some(isLeaving)) {
      const { moved, changes } = await finishAll(sql, projectId, finishes);
      return { moved, changes, next: none };
    }
    if (config) await warmSystemTypes(config, programs);
    return sql.begin(async (tx) => {
      const retired = await retireLeaving(tx, projectId, finishes);
      const { moved, changes, recorded } = await finishAll(tx, projectId, finishes);
      if (!config?.systemEvents) return { moved, changes, next: none };
      const current = afterRetiring(config, retired);
      const isParked = new Set(
        finishes.filter(({ status }) => status === "PARKED").map(({ deliveryId }) => deliveryId),
      );
      const failed = new Set(
        moved
          .filter(({ id, status }) => status === "FAILED" || isParked.has(id))
          .map(({ id }) => id),
      );
      const systemEvents = [
        ...recorded.flatMap((one) =>
          planFinish(current, programs, one, failed.has(one.deliveryId)),
        ),
        ...healthInputs(changes, retired, finishes).map(({ causeId, input }) =>
          planSystemEvent(current, programs, causeId, input),
        ),
      ];
      if (systemEvents.length === 0) return { moved, changes, next: none };
      const deliveries = systemEvents.flatMap((one) => one.deliveries);
      const events = systemEvents.map(({ event }) => event);
      await accept(tx, { projectId, version: current.version, events, deliveries });
      return { moved, changes, next: followUpOf(projectId, events, deliveries) };
    });
  });
}
