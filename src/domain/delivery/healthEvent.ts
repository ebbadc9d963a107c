import { type HealthChange, healthTypes } from "../../db/hook/hookHealth.ts";
import type { HookRow } from "../../db/hook/hooks.ts";

/**
 * System events about the health of hooks. They are matched as any event, by patterns, too, but never with the hook that
 * they are about. An attempt to deliver a system event may change a hook's health, but nothing tells of that, except for
 * the recovery from what was told: two failing hooks that tell of each other end.
 */
type HealthType = (typeof healthTypes)[number];

/** Whether an event of the hub is about a hook's health. */
export const isHealthEvent = ({ type, origin }: { type: string; origin: string }): boolean =>
  origin === "SYSTEM" && healthTypes.some((one) => one === type);

/** A health event's content; its subject is the hook. */
type HealthEvent = {
  type: HealthType;
  data: string;
  subject: { type: "hook"; id: string };
};

const about = (type: HealthType, hookId: string, data: object): HealthEvent => ({
  type,
  data: JSON.stringify({ hookId, ...data }),
  subject: { type: "hook", id: hookId },
});

/** What is told about a change of a hook's health. `lastError`: the error of its last failed attempt. */
export function healthEvents(change: HealthChange, lastError: string | null): HealthEvent[] {
  const { hookId, name, url, was, health, since, failures, failingSince, warned } = change;
  const facts = { name, url, health, since: new Date(since), failures };
  if (change.hasRecovered) return [about("hook.recovered", hookId, facts)];
  if (!change.isReported) return [];
  const since0 = failingSince === null ? null : new Date(failingSince);
  const failing = { ...facts, failingSince: since0, lastError };
  const isOpened = health === "OPEN" && was !== "OPEN";
  const isFailing = (health === "FAILING" && was !== "FAILING") || (isOpened && was === "HEALTHY");
  const warning = warned === null || change.isDue ? null : warned;
  return [
    ...(isFailing || warning !== null
      ? [about("hook.failing", hookId, { ...failing, disabledPercent: warning })]
      : []),
    ...(isOpened ? [about("hook.opened", hookId, failing)] : []),
  ];
}

/** What is told about a hook that was disabled. */
export const disabledEvent = ({ id, name, url, statusReason }: HookRow): HealthEvent =>
  about("hook.disabled", id, { name, url, health: "DISABLED", reason: statusReason });
