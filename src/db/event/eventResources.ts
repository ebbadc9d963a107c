import type { Sql, Tx } from "../connection/client.ts";
import type { Fragment } from "../page/page.ts";
import type { NewDelivery } from "./newEvent.ts";

/**
 * The statement, if needed, that stores what deliveries of format RESOURCE send: once per event, so that every attempt,
 * retry and replay sends the same bytes.
 */
export function keepResources(
  tx: Tx,
  deliveries: Pick<NewDelivery, "projectId" | "eventId" | "resource">[],
): Fragment[] {
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

/** What hooks of format RESOURCE are sent for these events, as JSON text. Events without any are left out. */
export const resourcesOfEvents = (sql: Sql, projectId: string, eventIds: readonly string[]) =>
  sql<{ eventId: string; representation: string }[]>`
    select event_id as "eventId", representation::text as representation from signalbox.event_resources
    where project_id = ${projectId} and event_id = any(${eventIds as string[]}::uuid[])`;
