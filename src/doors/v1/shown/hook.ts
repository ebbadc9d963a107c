import { type HookStats, noStats, statsOf } from "../../../db/hook/hookStats.ts";
import type { HookRow } from "../../../db/hook/hooks.ts";
import { openHeaders } from "../../../domain/hook/hookSecrets.ts";
import { redactRequestHeaders } from "../../../domain/hook/redactedHeaders.ts";
import { publicKeyOfHook, signatureOf } from "../../../domain/hookSecret/hookSignature.ts";
import type { Context } from "../../../graphql/builder/context.ts";
import { rawJson } from "../../../util/json/rawJson.ts";

/** A hook as it is answered, with the names that it has in GraphQL. */
const hookShown = (hook: HookRow, headers: unknown, stats: HookStats = noStats(hook)) => ({
  id: hook.id,
  name: hook.name,
  uid: hook.uid,
  description: hook.description,
  metadata: rawJson(hook.metadata),
  channels: hook.channels,
  types: hook.types,
  url: hook.url,
  format: hook.format,
  filter: hook.filter,
  userId: hook.userId,
  retries: hook.retries,
  timeoutMs: hook.timeoutMs,
  retryScheduleMs: hook.retryScheduleMs,
  headers,
  unsubscribeOn: hook.unsubscribeOn,
  finalStatuses: hook.finalStatuses,
  disableAfter: hook.disableAfter,
  maxInFlight: hook.maxInFlight,
  rateLimitPerSecond: hook.rateLimitPerSecond,
  verification: hook.verification,
  allowedPerMinute: hook.allowedPerMinute,
  signature: signatureOf(hook),
  publicKey: publicKeyOfHook(hook),
  status: hook.status,
  statusReason: hook.statusReason,
  health: stats.health,
  healthSince: stats.healthSince,
  heldUntil: stats.heldUntil,
  triggeredCount: stats.triggeredCount,
  lastTriggeredAt: stats.lastTriggeredAt,
  succeededCount: stats.succeededCount,
  failedCount: stats.failedCount,
  createdAt: hook.createdAt,
  updatedAt: hook.updatedAt,
  orderBy: hook.orderBy,
  onOrderFailure: hook.onOrderFailure,
  template: hook.template,
  templateContentType: hook.templateContentType,
  selection: hook.selection,
  changed: hook.changed,
});

/** Hooks with their counters and without the secrets of their headers. */
export async function showHooks({ caller, hub, read }: Context, hooks: readonly HookRow[]) {
  const ids = hooks.map(({ id }) => id);
  const stats =
    ids.length === 0
      ? new Map<string, HookStats>()
      : await read((sql) => statsOf(sql, caller.projectId, ids));
  return hooks.map((hook) => {
    const headers = redactRequestHeaders(openHeaders(hub.hooks.box, hook));
    return hookShown(hook, headers, stats.get(hook.id));
  });
}

export const showHook = async (context: Context, hook: HookRow) => {
  const [shown] = await showHooks(context, [hook]);
  return shown;
};
