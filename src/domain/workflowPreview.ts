import type { Sql } from "../db/client.ts";
import { listEvents } from "../db/eventList.ts";
import { type EventRow, eventsById } from "../db/events.ts";
import type { Read } from "../db/reads.ts";
import { mistake, type UserErrorEntry } from "./errors.ts";
import { eventScope } from "./eventScope.ts";
import { collectMistakes } from "./hookInput.ts";
import { isId, newId } from "./ids.ts";
import { variablesText } from "./installation.ts";
import type { CheckTarget } from "./target.ts";
import { TemplateFailure } from "./template.ts";
import { checkEventType, checkSteps, type StepInput } from "./workflowInput.ts";
import {
  compileStep,
  RENDER_LIMIT_MS,
  type StepRequest,
  type WorkflowStep,
} from "./workflowStep.ts";
import { refusedTargets } from "./workflowTargets.ts";

type WorkflowPreviewInput = {
  eventType: string;
  steps: StepInput[];
  eventId?: string | null | undefined;
  data?: unknown;
  variables?: unknown;
};

/** What a step would send, or why it could send nothing. */
export type PreviewedStep = { id: string; request: StepRequest | null; error: string | null };

/** An event of a type none of which has happened. */
function sampleEvent(type: string): Omit<EventRow, "projectId"> {
  const now = new Date();
  return {
    ...{ id: newId(), type, typeVersion: null, data: null, name: type, avatar: null },
    ...{ category: null, contentType: "TEXT", content: null, userId: null, subjectType: null },
    ...{ subjectId: null, contextId: null, stepUuid: null, idempotencyKey: null, origin: "API" },
    ...{ causeId: null, occurredAt: now, scheduledFor: null, receivedAt: now, error: null },
    ...{ status: "DISPATCHED", configVersion: null },
  };
}

type Given = { [name: string]: unknown };

/** Answers in which every value that these variables name is its own name: none has been asked for. */
function namedAnswers(reads: (readonly unknown[])[]): Given {
  const answers: Given = Object.create(null);
  for (const [root, ...path] of reads) {
    if (root !== "steps" || path.length === 0) continue;
    let at = answers;
    for (const part of path.slice(0, -1)) {
      const key = String(part);
      const known = at[key];
      const inner: Given = isGiven(known) ? known : Object.create(null);
      at[key] = inner;
      at = inner;
    }
    const last = String(path.at(-1));
    at[last] ??= path.length === 2 && last === "status" ? 200 : `steps.${path.join(".")}`;
  }
  return answers;
}

const isGiven = (value: unknown): value is Given => typeof value === "object" && value !== null;

async function chosenEvent(
  sql: Sql,
  projectId: string,
  { eventId, eventType }: WorkflowPreviewInput,
): Promise<EventRow | null> {
  if (eventId != null) {
    const [event] = isId(eventId) ? await eventsById(sql, projectId, [eventId]) : [];
    if (!event) throw mistake("NOT_FOUND", `no event ${eventId}`, ["eventId"]);
    return event;
  }
  const page = { limit: 1, backward: false, after: undefined, before: undefined };
  const { rows } = await listEvents(sql, projectId, { types: [eventType] }, page);
  return rows[0] ?? null;
}

/**
 * Renders what each step of a workflow that is being written would send for an event and a user's variables; nothing
 * is stored or sent. What earlier steps would be answered is not known: a value of it is its own name. Throws INVALID,
 * TEMPLATE_INVALID or NOT_FOUND; targets that may not be called are told beside the rest, as `refusals`.
 */
export async function previewWorkflow(
  { read, checkTarget }: { read: Read; checkTarget: CheckTarget },
  project: { id: string; source: string },
  input: WorkflowPreviewInput,
): Promise<{ event: EventRow | null; steps: PreviewedStep[]; refusals: UserErrorEntry[] }> {
  const steps: WorkflowStep[] = [];
  collectMistakes([
    () => checkEventType(input.eventType),
    () => steps.push(...checkSteps(input.steps)),
    () => variablesText(input.variables),
  ]);
  const event = await read(project.id, (sql) => chosenEvent(sql, project.id, input));
  const tried = {
    ...(event ?? sampleEvent(input.eventType)),
    // As it is while its runs go on.
    status: "DISPATCHED" as const,
    ...(input.data !== undefined && { data: JSON.stringify(input.data) }),
  };
  const scope = eventScope(tried, project.source);
  const user = input.variables ?? {};
  const ids = steps.map(({ id }) => id);
  const endsAt = performance.now() + RENDER_LIMIT_MS;
  return {
    event,
    steps: steps.map((step, position) => {
      const { reads, render } = compileStep(step, ids.slice(0, position));
      try {
        const request = render(
          { ...scope, user, steps: namedAnswers(reads) },
          Math.max(1, endsAt - performance.now()),
        );
        return { id: step.id, request, error: null };
      } catch (error) {
        if (!(error instanceof TemplateFailure)) throw error;
        return { id: step.id, request: null, error: error.message };
      }
    }),
    refusals: await refusedTargets((url) => checkTarget(url, project.id), steps),
  };
}
