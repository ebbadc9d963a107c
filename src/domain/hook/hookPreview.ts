import type { EventRow } from "../../db/event/events.ts";
import { listEvents } from "../../db/event/list.ts";
import type { PageRequest } from "../../db/page/page.ts";
import type { Read } from "../../db/read/readPools.ts";
import { createTimeSlice } from "../../util/timeSlice.ts";
import { noResources, resourcesNow } from "../emit/matchContext.ts";
import { createEnvelope, type Envelope, envelopeEvent } from "../event/envelope.ts";
import { filterInput } from "../filter/filterEvent.ts";
import type { FilterRunner } from "../filter/filterRunner.ts";
import { checkSelection } from "../payload/checkSelection.ts";
import { checkTemplate } from "../payload/checkTemplate.ts";
import { hasPayload, makeBody } from "../payload/makeBody.ts";
import type { PayloadRunner } from "../payload/payloadRunner.ts";
import { checkTypesHaveResource } from "../resource/resourceType.ts";
import { TemplateFailure } from "../template/templateFailure.ts";
import {
  checkHookSettings,
  type HookInput,
  type HookSettings,
  newHookSettings,
} from "./hookInput.ts";
import type { MatchVerdict } from "./hookMatch.ts";
import { evaluateHook, filterView } from "./hookMatching.ts";

type Project = { id: string; source: string };

type Runners = { filters: FilterRunner; payloads: PayloadRunner };

/** What a hook would do with an event: the verdict, and when it matches the request, or why there is none. */
export type PreviewedEvent = MatchVerdict & {
  event: EventRow;
  request: Envelope | null;
  error: string | null;
  /** What `orderBy` yields, or why it yields nothing. */
  order: { key: string | null; detail: string | null } | null;
};

/**
 * Matches a hook that is being written with the project's newest events of its types. Nothing is stored or sent. Its
 * settings are checked as in registerHook, except for the target. Throws INVALID, FILTER_INVALID or UNKNOWN_TYPE.
 */
export async function previewHook(
  { read, ...runners }: { read: Read } & Runners,
  project: Project,
  input: HookInput,
  page: PageRequest,
): Promise<PreviewedEvent[]> {
  const settings = newHookSettings(input);
  checkHookSettings(settings, input.headers);
  await checkTemplate(runners.payloads, project.id, settings);
  const { rows, context } = await read(project.id, async (sql) => {
    await checkTypesHaveResource(sql, project.id, settings);
    await checkSelection(sql, project.id, settings);
    const { rows } = await listEvents(sql, project.id, { types: settings.types }, page);
    return {
      rows,
      context: settings.format === "RESOURCE" ? await resourcesNow(sql, rows) : noResources,
    };
  });
  const nextSlice = createTimeSlice();
  const previews: PreviewedEvent[] = [];
  for (const event of rows) {
    previews.push(await tryHook(runners, project, settings, event, context.resourceOf(event)));
    await nextSlice();
  }
  return previews;
}

/**
 * Checks the settings of such a hook, to match it with events one by one. Throws INVALID, FILTER_INVALID or
 * UNKNOWN_TYPE.
 */
export async function settingsToTry(
  { read, payloads }: { read: Read; payloads: PayloadRunner },
  project: Project,
  input: HookInput,
): Promise<HookSettings> {
  const settings = newHookSettings(input);
  checkHookSettings(settings, input.headers);
  await checkTemplate(payloads, project.id, settings);
  if (settings.format === "RESOURCE" || settings.selection !== null)
    await read(project.id, async (sql) => {
      await checkTypesHaveResource(sql, project.id, settings);
      await checkSelection(sql, project.id, settings);
    });
  return settings;
}

/** Matches such a hook with one event. `resource`: what a hook of format RESOURCE receives for it. */
export async function previewEvent(
  { read, ...runners }: { read: Read } & Runners,
  project: Project,
  settings: HookSettings,
  event: EventRow,
  resource: string | null,
): Promise<PreviewedEvent> {
  const known =
    settings.format === "RESOURCE"
      ? (resource ??
        (await read(project.id, (sql) => resourcesNow(sql, [event]))).resourceOf(event))
      : null;
  return tryHook(runners, project, settings, event, known);
}

async function tryHook(
  { filters, payloads }: Runners,
  project: Project,
  settings: HookSettings,
  event: EventRow,
  resource: string | null,
): Promise<PreviewedEvent> {
  const rule = { ...settings, id: "", status: "ACTIVE" };
  const view = filterInput(filterView(event, project.source));
  const verdict = await evaluateHook(project.id, rule, view, resource !== null, filters);
  const none = { ...verdict, event, request: null, error: null, order: null };
  if (verdict.reason !== "MATCHED") return none;
  const order =
    settings.orderBy === null
      ? null
      : await filters.order.evaluate(project.id, settings.orderBy, view);
  return { ...none, order, ...(await requestFor(payloads, project, settings, event, resource)) };
}

async function requestFor(
  payloads: PayloadRunner,
  { id, source }: Project,
  settings: HookSettings,
  event: EventRow,
  resource: string | null,
): Promise<Pick<PreviewedEvent, "request" | "error">> {
  if (!hasPayload(settings)) {
    const request = createEnvelope(envelopeEvent({ ...event, resource }, source), settings.format);
    return { request, error: null };
  }
  try {
    const made = await makeBody(payloads, id, settings, { event, source });
    return {
      request: { contentType: made.contentType, headers: {}, body: made.body },
      error: null,
    };
  } catch (error) {
    if (!(error instanceof TemplateFailure)) throw error;
    return { request: null, error: error.message };
  }
}
