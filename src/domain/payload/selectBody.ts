import { ExactNumber } from "../input/exactNumber.ts";
import { TemplateFailure } from "../template/templateFailure.ts";
import { writeValue } from "../template/templateValue.ts";
import { payloadLimits } from "./payloadLimits.ts";
import { type PayloadEvent, payloadScope } from "./payloadScope.ts";
import { compileSelection, type Selection } from "./selection.ts";

/**
 * The JSON that a selection makes of an event. What is not there is null, also where a schema says otherwise: an event
 * may be older than its type's schema. Every selected field adds to the result, so the limit on that bounds the work.
 * Throws TemplateFailure.
 */
export function selectBody(text: string, given: PayloadEvent): string {
  const parts: string[] = [];
  let length = 0;

  function put(part: string) {
    length += part.length;
    if (length > payloadLimits.bodyBytes) throw tooLong();
    parts.push(part);
  }

  function putSelected(value: unknown, selection: Selection, typename: string) {
    if (Array.isArray(value)) {
      put("[");
      for (const [index, item] of value.entries()) {
        if (index > 0) put(",");
        putSelected(item, selection, typename);
      }
      return put("]");
    }
    if (typeof value !== "object" || value === null || value instanceof ExactNumber)
      return put("null");
    let mark = "{";
    for (const [key, { name, fields }] of selection) {
      put(`${mark}${JSON.stringify(key)}:`);
      mark = ",";
      if (name === "__typename") put(JSON.stringify(typename));
      else putField(Object.hasOwn(value, name) ? Reflect.get(value, name) : null, fields);
    }
    put("}");
  }

  const putField = (value: unknown, fields: Selection | null) =>
    fields === null ? put(writeValue(value) ?? "null") : putSelected(value, fields, "Object");

  putSelected(payloadScope(given).event, compileSelection(text), "Event");
  const body = parts.join("").toWellFormed();
  if (Buffer.byteLength(body) > payloadLimits.bodyBytes) throw tooLong();
  return body;
}

const tooLong = () =>
  new TemplateFailure(`the body has more than ${payloadLimits.bodyBytes} bytes`);
