import type { Command } from "commander";
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
    .action(onHub(create));
}

type Options = HubFlags & { timeZone?: string; user?: string };

async function create(
  hub: HubPlace,
  name: string,
  cron: string,
  type: string,
  given: string | undefined,
  { timeZone, user, ...options }: Options,
): Promise<void> {
  const data = await readData(given);
  const event = exact({
    type,
    ...(data !== undefined && { data }),
    ...(user !== undefined && { userId: user }),
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
