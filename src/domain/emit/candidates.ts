import type { EventRow } from "../../db/event/events.ts";
import type { ConfiguredHook, ProjectConfig } from "../project/projectConfig.ts";

/** The part of an event that says which hooks are considered for it. */
export type Addressed = Pick<EventRow, "type" | "userId" | "broadcast" | "targetHookId">;

type Config = Pick<ProjectConfig, "hook" | "hooksFor" | "hookCount" | "hooksOfAll" | "countOfAll">;

/** The hooks that an event may match, by its type and the users or the hook that it is for; oldest first. */
export function candidates(
  config: Config,
  { type, userId, broadcast, targetHookId }: Addressed,
): ConfiguredHook[] {
  if (targetHookId !== null) {
    const hook = config.hook(targetHookId);
    return hook ? [hook] : [];
  }
  return broadcast ? config.hooksOfAll(type) : config.hooksFor(type, userId);
}

/** The number of those hooks, at most, without collecting them. */
export function countCandidates(
  config: Config,
  { type, userId, broadcast, targetHookId }: Addressed,
): number {
  if (targetHookId !== null) return 1;
  return broadcast ? config.countOfAll(type) : config.hookCount(type, userId);
}
