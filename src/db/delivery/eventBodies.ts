import type { Sql } from "../connection/client.ts";
import type { HookFormat, PayloadRow } from "../hook/hooks.ts";

/**
 * The format of a delivery whose body its hook's template or selection makes, with the config version under which the
 * event was matched: the hook's rule of that version makes it.
 */
export type PayloadFormat = `PAYLOAD:${number}`;
export type BodyFormat = HookFormat | PayloadFormat;

const PREFIX = "PAYLOAD:";
export const payloadFormat = (configVersion: number): PayloadFormat => `${PREFIX}${configVersion}`;
export const isPayload = (format: string): format is PayloadFormat => format.startsWith(PREFIX);
const versionOf = (format: PayloadFormat) => Number(format.slice(PREFIX.length));

/** A body as every attempt sends it. `format` is the hook's own, which decides on headers. */
export type EventBody = { format: HookFormat; contentType: string; body: string };
/** A body that was made, or the format that makes it. */
export type OwnBody = EventBody | { format: HookFormat };

type BodyKey = { eventId: string; hookId: string };

/** The bodies that were made for deliveries, so far. */
export async function bodiesOfDeliveries(
  sql: Sql,
  projectId: string,
  deliveries: BodyKey[],
): Promise<(BodyKey & { body: string })[]> {
  const rows = await sql<(BodyKey & { body: string })[]>`
    select b.event_id as "eventId", b.hook_id as "hookId", b.body::text as body
    from unnest(${deliveries.map(({ eventId }) => eventId)}::uuid[], ${deliveries.map(({ hookId }) => hookId)}::uuid[])
      as x(event_id, hook_id)
    join signalbox.event_bodies b on b.project_id = ${projectId} and b.event_id = x.event_id and b.hook_id = x.hook_id`;
  return rows.map((row) => ({ ...row, body: JSON.parse(row.body) }));
}

/** The body that was made of an event for a hook, if it was. */
export async function bodyOfEvent(
  sql: Sql,
  { projectId, eventId, hookId }: BodyKey & { projectId: string },
): Promise<EventBody | undefined> {
  const [row] = await sql<EventBody[]>`
    select format, content_type as "contentType", body::text as body from signalbox.event_bodies
    where project_id = ${projectId} and event_id = ${eventId} and hook_id = ${hookId}`;
  return row && { ...row, body: JSON.parse(row.body) };
}

/** What made the bodies of a hook under the config version of such a delivery. */
export async function pastPayload(
  sql: Sql,
  { projectId, hookId, format }: { projectId: string; hookId: string; format: PayloadFormat },
): Promise<PayloadRow | undefined> {
  const [row] = await sql<PayloadRow[]>`
    select format, template, template_content_type as "templateContentType", selection
    from signalbox.hook_versions
    where project_id = ${projectId} and hook_id = ${hookId} and config_version <= ${versionOf(format)}
    order by config_version desc limit 1`;
  return row;
}

/**
 * Keeps a body for all attempts, of replays too. Returns the one that is kept: the first. Undefined when the claim is
 * lost, since its event may have been erased.
 */
export async function keepBody(
  sql: Sql,
  { projectId, deliveryId, token }: { projectId: string; deliveryId: string; token: string },
  { format, contentType, body }: EventBody,
): Promise<EventBody | undefined> {
  const [row] = await sql<EventBody[]>`
    insert into signalbox.event_bodies as b (project_id, event_id, hook_id, format, content_type, body)
    select q.project_id, q.event_id, q.hook_id, ${format}, ${contentType}, ${JSON.stringify(body)}::text::json
    from signalbox.queue q
    where q.project_id = ${projectId} and q.id = ${deliveryId} and q.lease_token = ${token}
    on conflict (project_id, event_id, hook_id) do update set format = b.format
    returning format, content_type as "contentType", body::text as body`;
  return row && { ...row, body: JSON.parse(row.body) };
}

/**
 * From now on the delivery sends the body of this format: its hook has nothing any more that would make another.
 * Undefined when the claim is lost.
 */
export async function takeFormat(
  sql: Sql,
  { projectId, deliveryId, token }: { projectId: string; deliveryId: string; token: string },
  format: HookFormat,
): Promise<{ format: HookFormat } | undefined> {
  const [row] = await sql<{ format: HookFormat }[]>`
    update signalbox.queue set format = ${format}
    where project_id = ${projectId} and id = ${deliveryId} and lease_token = ${token} returning format`;
  return row;
}
