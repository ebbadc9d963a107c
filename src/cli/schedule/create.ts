import type { Command } from "commander";
import { findHook } from "../hook/findHook.ts";
import { callHub, checked, exact, type HubPlace, type UserErrorDetail } from "../hub/callHub.ts";
import { type HubFlags, hubCommand, onHub } from "../hub/onHub.ts";
import { printObject } from "../hub/print.ts";
import { readData } from "../hub/readData.ts";
import { type Schedule, scheduleFields } from "./findSchedule.ts";

export function addCreate(schedule: Command): void {
  hubCommand(
    schedule,
    "create <NAME> <CRON> <TYPE> [DATA]",
    'saves a schedule, which emits an event whenever CRON says so, such as "0 9 * * MON-FRI"; DATA is JSON, @file or - (standard input)',
  )
    .option("--time-zone <ZONE>", "the zone of CRON, such as Europe/Berlin; default UTC")
    .option("--user <ID>", "the user that its events belong to")
    .option("--broadcast", "for the hooks of all users")
    .option("--hook <HOOK>", "for this hook alone, if it matches")
    .action(onHub(create));
}

type Options = HubFlags & { timeZone?: string; user?: string; broadcast?: boolean; hook?: string };

async function create(
  hub: HubPlace,
  name: string,
  cron: string,
  type: string,
  given: string | undefined,
  { timeZone, user, broadcast, hook, ...options }: Options,
): Promise<void> {
  const data = await readData(given);
  const hookId = hook === undefined ? undefined : (await findHook(hub, hook)).id;
  const event = exact({
    type,
    ...(data !== undefined && { data }),
    ...(user !== undefined && { userId: user }),
    ...(broadcast && { broadcast }),
    ...(hookId !== undefined && { hookId }),
  });
  const input = exact({ name, cron, event, ...(timeZone !== undefined && { timeZone }) });
  const { scheduleEvents } = await callHub<{
    scheduleEvents: { eventSchedule: Schedule; userErrors: UserErrorDetail[] };
  }>(
    hub,
    `mutation ($input: ScheduleEventsInput!) {
      scheduleEvents(input: $input) { eventSchedule { ${scheduleFields} } userErrors { code message path } } }`,
    { input },
  );
  await printObject(options, checked(scheduleEvents).eventSchedule);
}
