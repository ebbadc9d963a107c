import { eventScope, type ScopeEvent } from "../event/eventScope.ts";
import { compileDocument } from "../template/template.ts";
import { TemplateFailure } from "../template/templateFailure.ts";
import { payloadLimits } from "./payloadLimits.ts";

/** What a body is made of. Plain data, because it is sent to the sandbox. */
type PayloadInput = { template: string; event: ScopeEvent; source: string };

/** `status` changes while an event is delivered, and bodies do not. */
function scopeOf({ event, source }: PayloadInput) {
  const { data, event: fields } = eventScope(event, source);
  const { status: _, ...fixed } = fields;
  return { data, event: fixed };
}

/** The names of what a template may read of `event`. */
const fields = [
  ...["id", "type", "typeVersion", "data", "source", "name", "avatar", "category", "contentType"],
  ...["content", "userId", "contextId", "stepUuid", "idempotencyKey", "uid", "channels", "tags"],
  ...["origin", "subject", "occurredAt", "receivedAt", "scheduledFor"],
];

/** Why a template can never be rendered; null if it may be. */
export function templateProblem(template: string): string | null {
  try {
    for (const [variable, field] of compileDocument(template).reads()) {
      if (variable !== "event" && variable !== "data")
        return `unknown variable '${String(variable)}': there are 'event' and 'data', which is event.data`;
      if (variable === "event" && typeof field === "string" && !fields.includes(field))
        return `an event has no field '${field}'; it has ${fields.join(", ")}`;
    }
    return null;
  } catch (error) {
    if (error instanceof TemplateFailure) return error.message;
    throw error;
  }
}

/** The body that a template makes of an event. Throws TemplateFailure. */
export function renderPayload(input: PayloadInput): string {
  const rendered = compileDocument(input.template).render(scopeOf(input), payloadLimits.renderMs);
  const body = String(rendered).toWellFormed();
  if (Buffer.byteLength(body) > payloadLimits.bodyBytes)
    throw new TemplateFailure(`the body has more than ${payloadLimits.bodyBytes} bytes`);
  return body;
}
