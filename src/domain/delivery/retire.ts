import type { Pool, Tx } from "../../db/connection/client.ts";
import { accept } from "../../db/event/accept.ts";
import { enterFeed } from "../../db/feed/record.ts";
import { type Leaving, recordHook, retireHooks } from "../../db/hook/hookChanges.ts";
import { disableHealth, isWornOut } from "../../db/hook/hookHealth.ts";
import { type HookRow, lockedHook } from "../../db/hook/hooks.ts";
import { moveWaiting, queueSettling } from "../../db/hook/moveQueued.ts";
import { actAs, hubItself } from "../audit/actor.ts";
import { type Audited, audit } from "../audit/audit.ts";
import { type FollowUp, followUpOf } from "../event/followUp.ts";
import { type InPlace, planSystemEvent, warmSystemTypes } from "../event/systemEvent.ts";
import type { ProjectConfig, ProjectConfigs } from "../project/projectConfig.ts";
import { withFreshConfig } from "../project/withFreshConfig.ts";
import { disabledEvent } from "./healthEvent.ts";

const entryOf = ({ projectId, id, status, statusReason }: HookRow): Audited => ({
  projectId,
  action: status === "DISABLED" ? "disableHook" : "deleteHook",
  entity: ["Hook", id],
  after: { status, statusReason },
});

/** Deletes or disables hooks, by their target's wish or their failures: what waits is CANCELLED or PARKED. */
export async function retire(tx: Tx, projectId: string, leaving: Leaving[]): Promise<HookRow[]> {
  const hooks = await retireHooks(tx, projectId, leaving);
  await actAs(hubItself, () => audit(tx, ...hooks.map(entryOf)));
  for (const hook of hooks) {
    if (hook.status === "DISABLED") await disableHealth(tx, hook.projectId, [hook.id]);
    await recordHook(tx, hook);
    await moveWaiting(tx, hook, hook.status);
    await queueSettling(tx, hook.projectId, [hook]);
  }
  return hooks;
}

/** The configuration after these hooks were retired: each of them raised the version by one. */
export function afterRetiring(config: ProjectConfig, retired: HookRow[]): ProjectConfig {
  if (retired.length === 0) return config;
  const statuses = new Map(retired.map(({ id, status }) => [id, status]));
  const hooksFor: ProjectConfig["hooksFor"] = (type, userId) =>
    config
      .hooksFor(type, userId)
      .map((hook) => ({ ...hook, status: statuses.get(hook.id) ?? hook.status }))
      .filter(({ status }) => status !== "DELETED");
  return { ...config, version: config.version + retired.length, hooksFor };
}

/**
 * Disables a hook whose attempts have failed for as long as its `disableAfter` says, and tells of it. Looks again under
 * the hook's lock: it may have succeeded meanwhile, or be disabled by another process.
 */
export function disableWornOut(
  { sql, configs, programs }: { sql: Pool; configs: ProjectConfigs; programs: InPlace },
  projectId: string,
  hookId: string,
  causeId: string,
): Promise<FollowUp> {
  const none = followUpOf(projectId, [], []);
  return withFreshConfig(async () => {
    const config = (await configs.current([projectId])).get(projectId);
    if (config) await warmSystemTypes(config, programs);
    return sql.begin(async (tx) => {
      const [hook] = await lockedHook(tx, projectId, hookId);
      await enterFeed(tx, projectId);
      if (!hook || !(await isWornOut(tx, projectId, hookId))) return none;
      const { failures, hours } = hook.disableAfter ?? {};
      const reason = `failed ${failures} times or more in a row, for ${hours} hours or more (disableAfter)`;
      const retired = await retire(tx, projectId, [{ hookId, status: "DISABLED", reason }]);
      if (!config?.systemEvents) return none;
      const current = afterRetiring(config, retired);
      const planned = retired.map((one) =>
        planSystemEvent(current, programs, causeId, disabledEvent(one)),
      );
      const events = planned.map(({ event }) => event);
      const deliveries = planned.flatMap((one) => one.deliveries);
      await accept(tx, { projectId, version: current.version, events, deliveries });
      return followUpOf(projectId, events, deliveries);
    });
  });
}
