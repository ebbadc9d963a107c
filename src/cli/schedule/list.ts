import type { Command } from "commander";
import type { HubPlace } from "../hub/callHub.ts";
import { DEFAULT_LIMIT, limitOption } from "../hub/limitOption.ts";
import { type HubFlags, hubCommand, onHub } from "../hub/onHub.ts";
import { printRows } from "../hub/print.ts";
import { listSchedules } from "./findSchedule.ts";

export function addList(schedule: Command): void {
  hubCommand(schedule, "list", "lists schedules, newest first")
    .option("--status <STATUS...>", "only these: ACTIVE or PAUSED")
    .addOption(limitOption())
    .action(onHub(list));
}

type Options = HubFlags & { status?: string[]; limit?: number };

async function list(hub: HubPlace, options: Options): Promise<void> {
  const { limit = DEFAULT_LIMIT, status } = options;
  await printRows(options, await listSchedules(hub, status, limit), [
    ["ID", ({ id }) => id],
    ["NAME", ({ name }) => name],
    ["STATUS", ({ status }) => status],
    ["CRON", ({ cron }) => cron],
    ["ZONE", ({ timeZone }) => timeZone],
    ["NEXT", ({ nextRunAt }) => nextRunAt],
    ["MISSED", ({ missedRuns }) => missedRuns],
    ["ERROR", ({ lastError }) => lastError],
  ]);
}
