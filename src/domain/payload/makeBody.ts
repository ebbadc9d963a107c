/**
 * A body that a hook's template or selection makes is made when it is first to be sent, by the hook's rule under which
 * the event was matched, and kept: retries and replays send the same bytes. Nothing is kept when that fails. A retry by
 * hand then makes it by what the hook has become; a hook that has nothing to make it by any more sends its format's.
 */
import type { Sql } from "../../db/connection/client.ts";
import type { HookClaim } from "../../db/delivery/claim.ts";
import {
  bodyOfEvent,
  type EventBody,
  keepBody,
  type OwnBody,
  type PayloadFormat,
  pastPayload,
  takeFormat,
} from "../../db/delivery/eventBodies.ts";
import { eventsById } from "../../db/event/events.ts";
import type { HookRow, PayloadRow } from "../../db/hook/hooks.ts";
import type { PayloadRunner } from "./payloadRunner.ts";
import type { PayloadEvent } from "./payloadScope.ts";

/** Whether a hook's bodies are not those of its format. */
export const hasPayload = ({
  template,
  selection,
}: Pick<PayloadRow, "template" | "selection">): boolean => template !== null || selection !== null;

/** The body of such a hook for an event. Throws what the runner throws. */
export async function makeBody(
  payloads: PayloadRunner,
  projectId: string,
  payload: PayloadRow,
  event: PayloadEvent,
): Promise<EventBody> {
  const body = await payloads.render(projectId, payload, event);
  return {
    format: payload.format,
    contentType: payload.templateContentType ?? "application/json",
    body,
  };
}

/**
 * The body of a claimed delivery, or the format that it has become; undefined when the claim is lost. Throws what the
 * runner throws.
 */
export async function bodyOfClaim(
  { sql, payloads }: { sql: Sql; payloads: PayloadRunner },
  claim: HookClaim,
  format: PayloadFormat,
  { hook, source }: { hook: HookRow; source: string },
): Promise<OwnBody | undefined> {
  const { projectId, eventId, attempt } = claim;
  const [kept, [event]] = await Promise.all([
    bodyOfEvent(sql, claim),
    eventsById(sql, projectId, [eventId]),
  ]);
  if (kept) return kept;
  const isAgain = attempt > 1;
  // The body of RESOURCE is made when an event is matched.
  if (isAgain && !hasPayload(hook) && hook.format !== "RESOURCE")
    return takeFormat(sql, claim, hook.format);
  const isByHook = isAgain && hasPayload(hook);
  const payload = isByHook ? hook : ((await pastPayload(sql, { ...claim, format })) ?? hook);
  if (!event) throw new Error(`event ${eventId} is gone`);
  const made = await makeBody(payloads, projectId, payload, { event, source });
  return keepBody(sql, claim, made);
}
