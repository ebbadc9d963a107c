import type { Sql } from "../../db/connection/client.ts";
import { type EventRow, eventsById } from "../../db/event/events.ts";
import { listEvents } from "../../db/event/list.ts";
import type { Read } from "../../db/read/readPools.ts";
import { isId, newId } from "../../util/ids.ts";
import { UserError, type UserErrorDetail, userError } from "../../util/userError.ts";
import { eventLimits } from "../event/eventInput.ts";
import type { CheckTarget } from "../hook/target.ts";
import { checkAll } from "../input/checkAll.ts";
import { documentText } from "../input/documentText.ts";
import { variablesText } from "./installation.ts";
import type { PreviewedStep } from "./stepPrograms.ts";
import type { StepTemplates } from "./stepTemplates.ts";
import { checkEventType, checkSteps, type StepInput } from "./workflowInput.ts";
import type { WorkflowStep } from "./workflowStep.ts";
import { stepTargetErrors } from "./workflowTargets.ts";

type WorkflowPreviewInput = {
  eventType: string;
  steps: StepInput[];
  eventId?: string | null | undefined;
  data?: unknown;
  variables?: unknown;
};

/** A sample event, for a type of which there is no event yet. */
function sampleEvent(type: string): Omit<EventRow, "projectId"> {
  const now = new Date();
  return {
    ...{ id: newId(), type, typeVersion: null, data: null, name: type, avatar: null },
    ...{ category: null, contentType: "TEXT", content: null, userId: null, subjectType: null },
    ...{ subjectId: null, contextId: null, stepUuid: null, idempotencyKey: null, origin: "API" },
    ...{ uid: null, channels: null, tags: null, changed: null, onlyHookId: null, trace: null },
    ...{ broadcast: null, targetHookId: null },
    ...{ causeId: null, occurredAt: now, scheduledFor: null, receivedAt: now, error: null },
    ...{ status: "DISPATCHED", configVersion: null, expungedAt: null, expungedBy: null },
  };
}

async function chosenEvent(
  sql: Sql,
  projectId: string,
  { eventId, eventType }: WorkflowPreviewInput,
): Promise<EventRow | null> {
  if (eventId != null) {
    const [event] = isId(eventId) ? await eventsById(sql, projectId, [eventId]) : [];
    if (!event) throw userError("NOT_FOUND", `no event ${eventId}`, ["eventId"]);
    return event;
  }
  const page = { limit: 1, backward: false, after: undefined, before: undefined };
  const { rows } = await listEvents(sql, projectId, { types: [eventType] }, page);
  return rows[0] ?? null;
}

function dataText(given: unknown): string | null {
  const text = documentText(given, ["data"], eventLimits.dataBytes);
  if (typeof text === "object" && text !== null) throw new UserError([text]);
  return text;
}

type Services = {
  read: Read;
  checkTarget: CheckTarget;
  templates: StepTemplates;
};

/**
 * Renders what each step of a workflow being written would send for an event and a user's variables. Nothing is stored
 * or sent. Responses to earlier steps are unknown: each of their values is represented by its name. Throws INVALID,
 * TEMPLATE_INVALID or NOT_FOUND, and Overloaded when the project has used up its share of processor time. Targets that
 * may not be called are returned as `refusals`.
 */
export async function previewWorkflow(
  { read, checkTarget, templates }: Services,
  project: { id: string; source: string },
  input: WorkflowPreviewInput,
): Promise<{ event: EventRow | null; steps: PreviewedStep[]; refusals: UserErrorDetail[] }> {
  const steps: WorkflowStep[] = [];
  let user = "{}";
  let data: string | null = null;
  await checkAll([
    () => checkEventType(input.eventType),
    async () => steps.push(...(await checkSteps(templates, project.id, input.steps))),
    () => {
      data = dataText(input.data);
    },
    () => {
      user = variablesText(input.variables);
    },
  ]);
  const event = await read(project.id, (sql) => chosenEvent(sql, project.id, input));
  const previewed = {
    ...(event ?? sampleEvent(input.eventType)),
    // The status that an event has while its runs are under way.
    status: "DISPATCHED" as const,
    ...(input.data !== undefined && { data }),
  };
  return {
    event,
    steps: await templates.preview(project.id, steps, {
      ...{ event: previewed, source: project.source, user },
    }),
    refusals: await stepTargetErrors((url) => checkTarget(url, project.id), steps),
  };
}
