import type { Sql } from "../db/client.ts";
import { listEvents } from "../db/eventList.ts";
import type { EventRow } from "../db/events.ts";
import type { PageRequest } from "../db/page.ts";
import { noFacts, resourcesNow } from "./emitFacts.ts";
import { createEnvelope, type Envelope, envelopeEvent } from "./envelope.ts";
import { filterView } from "./event.ts";
import { compileFilter } from "./hookFilter.ts";
import { checkHookSettings, type HookInput, newHookSettings } from "./hookInput.ts";
import { judge, type MatchVerdict } from "./hookMatch.ts";
import { checkBound } from "./resourceType.ts";

/** What a hook would have made of an event: the verdict, and what it would have received when it matched. */
export type PreviewedEvent = MatchVerdict & { event: EventRow; request: Envelope | null };

/**
 * Tries a hook that is being written on the project's newest events of its types; nothing is stored or sent. Its
 * settings are checked as registerHook checks them, but for the target. Throws INVALID, FILTER_INVALID or UNKNOWN_TYPE.
 */
export async function previewHook(
  sql: Sql,
  project: { id: string; source: string },
  input: HookInput,
  page: PageRequest,
): Promise<PreviewedEvent[]> {
  const settings = newHookSettings(input);
  checkHookSettings(settings, input.headers);
  const filter = settings.filter === null ? null : compileFilter(settings.filter);
  await checkBound(sql, project.id, settings);
  const rule = { ...settings, filter, status: "ACTIVE" };
  const { rows } = await listEvents(sql, project.id, { types: settings.types }, page);
  const facts = settings.format === "RESOURCE" ? await resourcesNow(sql, rows) : noFacts;
  return rows.map((event) => {
    const resource = facts.resourceOf(event);
    const verdict = judge(rule, filterView(event, project.source), resource !== null);
    const isMatch = verdict.reason === "MATCHED";
    const request = isMatch
      ? createEnvelope(envelopeEvent({ ...event, resource }, project.source), settings.format)
      : null;
    return { ...verdict, event, request };
  });
}
