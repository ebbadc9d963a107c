import { readJson } from "../client/bigJson.ts";
import type { Received, Untyped } from "./received.ts";

/** A body that is not what its content type says. */
export class UnreadableBody extends Error {}

type Parts = { type: string | null; data: unknown; source?: unknown; time?: unknown };

/** The event of a delivery in any of the hub's formats. Throws UnreadableBody when the body is not what it says to be. */
export function readEvent(headers: Headers, bytes: Uint8Array): Received<object> | Untyped {
  const { type, data, source, time } = partsOf(headers, bodyOf(headers, bytes));
  const seconds = Number(headers.get("webhook-timestamp"));
  const event: Untyped | (Omit<Untyped, "type"> & { type: string }) = {
    type,
    data,
    id: headers.get("webhook-id") ?? "",
    time: typeof time === "string" ? time : new Date(seconds * 1_000).toISOString(),
    source: typeof source === "string" ? source : null,
    userId: text(headers, "signalbox-user"),
    contextId: text(headers, "signalbox-context"),
    subject: text(headers, "signalbox-subject"),
    attempt: Number(headers.get("signalbox-attempt") ?? 1),
    deliveryId: headers.get("signalbox-delivery-id"),
    headers,
  };
  return event as Untyped;
}

/** The body's value: JSON, or text when the content type says that it is none. */
function bodyOf(headers: Headers, bytes: Uint8Array): unknown {
  const mediaType = headers.get("content-type")?.split(";")[0]?.trim().toLowerCase() ?? "";
  const body = utf8(bytes);
  return mediaType === "" || /[/+]json$/.test(mediaType) ? json(body) : body;
}

function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new UnreadableBody("the body is not UTF-8");
  }
}

function json(body: string): unknown {
  try {
    return readJson(body);
  } catch (cause) {
    throw new UnreadableBody(`the body is not JSON: ${(cause as Error).message}`);
  }
}

/** What a header of the hub says: it is percent-encoded. */
function text(headers: Headers, name: string): string | null {
  const value = headers.get(name);
  try {
    return value && decodeURIComponent(value);
  } catch {
    return value;
  }
}

/** Whether the body is another's own, whose members tell nothing about the event: format DATA, or a step of a workflow. */
const isOthersBody = (headers: Headers): boolean =>
  headers.has("svix-id") || headers.get("webhook-id") === headers.get("signalbox-delivery-id");

function partsOf(headers: Headers, body: unknown): Parts {
  if (isOthersBody(headers)) return { type: null, data: body };
  const type = text(headers, "ce-type");
  if (headers.has("ce-specversion") && type !== null)
    return { type, data: body, source: text(headers, "ce-source"), time: text(headers, "ce-time") };
  if (typeof body !== "object" || body === null) return { type: null, data: body };
  const members = body as Record<string, unknown>;
  if (typeof members.type !== "string") return { type: null, data: body };
  // Before the other: the data of the format EVENT is beside its own members, and may have a `specversion`.
  if (typeof members.created_on === "string") {
    const { type: own, created_on: time, step_uuid: _, ...data } = members;
    return { type: members.type, data, time };
  }
  if (typeof members.specversion === "string") {
    const { source, time, data = null } = members;
    return { type: members.type, data, source, time };
  }
  return { type: null, data: body };
}
