import type { Sql, Tx } from "../connection/client.ts";
import type { Fragment } from "../page/page.ts";
import type { NewDelivery } from "./newEvent.ts";

/**
 * The statement, when one is needed, that keeps what deliveries of format RESOURCE send: once an event, however many
 * there are, so that every try, retry and replay sends the same bytes.
 */
export function keepResources(tx: Tx, deliveries: NewDelivery[]): Fragment[] {
  const kept = new Map(
    deliveries.flatMap(({ projectId, eventId, resource }) =>
      resource === undefined ? [] : [[eventId, { projectId, eventId, resource }] as const],
    ),
  );
  if (kept.size === 0) return [];
  const rows = [...kept.values()];
  return [
    tx`insert into signalbox.event_resources (project_id, event_id, representation)
      select project_id, event_id, representation::json from unnest(${rows.map((row) => row.projectId)}::uuid[],
        ${rows.map((row) => row.eventId)}::uuid[], ${rows.map((row) => row.resource)}::text[])
        as x(project_id, event_id, representation)
      on conflict do nothing`,
  ];
}

/** What the hooks of format RESOURCE are sent for these events, as JSON text; events that have none are left out. */
export const resourcesOfEvents = (sql: Sql, projectId: string, eventIds: readonly string[]) =>
  sql<{ eventId: string; representation: string }[]>`
    select event_id as "eventId", representation::text as representation from signalbox.event_resources
    where project_id = ${projectId} and event_id = any(${eventIds as string[]}::uuid[])`;
