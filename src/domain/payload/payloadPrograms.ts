import { compileDocument } from "../template/template.ts";
import { TemplateFailure } from "../template/templateFailure.ts";
import { payloadLimits } from "./payloadLimits.ts";
import { eventFields, type PayloadEvent, payloadScope } from "./payloadScope.ts";
import { selectBody } from "./selectBody.ts";

/** What a body is made of, and by. */
export type PayloadInput = PayloadEvent & { template: string | null; selection: string | null };

/** Why a template can never be rendered; null if it may be. */
export function templateProblem(template: string): string | null {
  try {
    const document = compileDocument(template);
    for (const path of document.reads()) {
      const [variable, field] = path;
      if (variable !== "event" && variable !== "data")
        return `unknown variable '${String(variable)}': there are 'event' and 'data', which is event.data${document.placeOf(path)}`;
      if (variable === "event" && typeof field === "string" && !eventFields.includes(field))
        return `an event has no field '${field}'; it has ${eventFields.join(", ")}${document.placeOf(path)}`;
    }
    return null;
  } catch (error) {
    if (error instanceof TemplateFailure) return error.message;
    throw error;
  }
}

/** The body that a template or a selection makes of an event. Throws TemplateFailure. */
export function renderPayload({ template, selection, ...given }: PayloadInput): string {
  if (selection !== null) return selectBody(selection, given);
  const rendered = compileDocument(template ?? "").render(
    payloadScope(given),
    payloadLimits.renderMs,
  );
  const body = String(rendered).toWellFormed();
  if (Buffer.byteLength(body) > payloadLimits.bodyBytes)
    throw new TemplateFailure(`the body has more than ${payloadLimits.bodyBytes} bytes`);
  return body;
}
