import type { HubPlace } from "../hub/callHub.ts";
import { HubError } from "../hub/hubError.ts";
import { listAll, pageInfo } from "../hub/listAll.ts";

export type Schedule = { id: string; name: string } & Record<string, unknown>;

/** What is shown of a schedule. */
export const scheduleFields = `id name cron timeZone event status nextRunAt lastRunAt lastEvent { id } lastError missedRuns
  createdAt updatedAt`;

/** Lists schedules, newest first. */
export const listSchedules = (
  hub: HubPlace,
  status: string[] | undefined,
  limit?: number,
): Promise<Schedule[]> => listAll<Schedule>(hub, document, { status }, { limit });

const document = `query ($first: Int, $after: String, $status: [EventScheduleStatus!]) {
  page: eventSchedules(first: $first, after: $after, status: $status) { nodes { ${scheduleFields} } ${pageInfo} }
}`;

const findIn = (schedules: Schedule[], given: string): Schedule | undefined =>
  schedules.find(({ id }) => id === given) ?? schedules.find(({ name }) => name === given);

/** The schedules with these ids or names. Throws HubError, naming the first that is none. */
export async function findSchedules(hub: HubPlace, given: string[]): Promise<Schedule[]> {
  const isEnough = (rows: Schedule[]) => given.every((one) => findIn(rows, one));
  const read = await listAll<Schedule>(hub, document, {}, { isEnough });
  return given.map((one) => {
    const found = findIn(read, one);
    if (!found) throw new HubError(`There is no schedule ${JSON.stringify(one)} (schedule list).`);
    return found;
  });
}
