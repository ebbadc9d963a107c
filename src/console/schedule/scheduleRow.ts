import type { ResultOf } from "gql.tada";
import { graphql } from "../gql/graphql.ts";

export const SchedulesDocument = graphql(`
  query Schedules($after: String) {
    eventSchedules(first: 50, after: $after) {
      nodes {
        id name cron timeZone event status nextRuns lastRunAt lastError missedRuns
        lastEvent { id }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
`);

export type ScheduleRow = ResultOf<typeof SchedulesDocument>["eventSchedules"]["nodes"][number];

/** What a schedule emits: the fields of EmitEventInput that were given. */
type ScheduledEvent = {
  type?: string;
  name?: string;
  data?: unknown;
  broadcast?: boolean;
  hookId?: string;
};

export const eventOf = ({ event }: Pick<ScheduleRow, "event">): ScheduledEvent =>
  event as ScheduledEvent;

/** What an event has that the dialog of a schedule does not show: it stays as it is. */
export const unshown = ({ type, data, broadcast, hookId, ...rest }: ScheduledEvent) => rest;
