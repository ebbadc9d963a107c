import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { z } from "zod";
import { type EventInput, eventLimits } from "../../domain/event/eventInput.ts";
import { parseBody } from "../../http/post/jsonBody.ts";
import { readTrace } from "../../util/traceContext.ts";
import { UserError, type UserErrorDetail, userError } from "../../util/userError.ts";
import { readInput, withExact } from "../input/readInput.ts";
import { dateTime } from "../input/time.ts";

const text = z.string().min(1, "must not be empty");
const isJsonType = (type: string) => /^[^;]+\/([^;]+\+)?json *(;|$)/i.test(type);

/**
 * CloudEvents 1.0 in JSON. Of the extension attributes those of a user, a context and a trace are kept; an invalid trace
 * is none.
 */
export const cloudEvent = z
  .looseObject({
    specversion: z.string().refine((it) => it === "1.0", "must be 1.0"),
    id: text,
    source: text.refine((it) => !/[\s<>"{}|\\^`]/.test(it), "must be a URI-reference"),
    type: text,
    subject: z
      .string()
      .regex(/^[^/]+\/.+$/s, "must be <type>/<id>, such as order/17")
      .nullish(),
    time: dateTime.nullish(),
    datacontenttype: z
      .string()
      .refine(isJsonType, "must be JSON, such as application/json: data is kept as JSON")
      .nullish(),
    dataschema: z.string().nullish(),
    data: z.unknown().optional(),
    data_base64: z.string().nullish(),
    userid: z.string().nullish(),
    contextid: z.string().nullish(),
  })
  .meta({ id: "CloudEvent" });

/** The attributes of an event that go by other names here. */
const attributes: Record<string, string> = {
  idempotencyKey: "id",
  occurredAt: "time",
  userId: "userid",
  contextId: "contextid",
};

/** `source` and `id` as one text. A source has no space, so that two pairs are never the same text. */
function idempotencyKeyOf(source: string, id: string): string {
  const key = `${source} ${id}`;
  if (key.length <= eventLimits.idempotencyKey) return key;
  return `sha256:${createHash("sha256").update(key).digest("hex")}`;
}

function checkNames(event: object): void {
  const wrong = Object.keys(event).filter((it) => it !== "data_base64" && !/^[a-z0-9]+$/.test(it));
  if (wrong.length === 0) return;
  throw new UserError(
    wrong.map((name) => ({
      code: "INVALID",
      message: `'${name}' is not the name of an attribute: these are of small letters and digits`,
      path: [name],
    })),
  );
}

/** `data_base64` is JSON in bytes, for `datacontenttype` says so. */
function decode(base64: string): unknown {
  const bytes = Buffer.from(base64, "base64");
  if (bytes.toString("base64").replace(/=+$/, "") === base64.replace(/=+$/, "")) {
    try {
      return parseBody(bytes, 1, "data");
    } catch {}
  }
  throw userError("INVALID", "field 'data_base64' must be JSON in base64: data is kept as JSON", [
    "data_base64",
  ]);
}

/** The event that a CloudEvent is here. Throws INVALID. */
export function fromCloudEvent(value: unknown): EventInput {
  const event = readInput(cloudEvent, withExact(value, ["data"]));
  checkNames(event);
  if (event.data !== undefined && event.data_base64 != null)
    throw userError("INVALID", "a CloudEvent has data or data_base64, not both", ["data_base64"]);
  const [type, ...id] = event.subject?.split("/") ?? [];
  return {
    type: event.type,
    data: event.data_base64 == null ? event.data : decode(event.data_base64),
    idempotencyKey: idempotencyKeyOf(event.source, event.id),
    occurredAt: event.time ?? null,
    userId: event.userid ?? null,
    contextId: event.contextid ?? null,
    subject: type === undefined ? null : { type, id: id.join("/") },
    trace: readTrace(event.traceparent, event.tracestate),
  };
}

/** Whether a request carries a CloudEvent in binary mode. */
export const isBinary = (headers: IncomingHttpHeaders): boolean =>
  ["specversion", "id", "source", "type"].some((name) => headers[`ce-${name}`] !== undefined);

/** Node.js reads headers as Latin-1. Some clients send UTF-8, although it should be percent-encoded. */
function inUtf8(value: string): string {
  const bytes = Buffer.from(value, "latin1");
  return isUtf8(bytes) ? bytes.toString() : value;
}

/**
 * The value of a `ce-` header: unquoted, then percent-decoded (HTTP binding 1.0, 3.1.3.2). A `%` that
 * encodes nothing is one: not all clients encode it.
 */
function headerText(name: string, value: string): string {
  const quoted = /^"((?:[^"\\]|\\.)*)"$/.exec(value)?.[1];
  const raw = quoted === undefined ? value : quoted.replace(/\\(.)/g, "$1");
  try {
    return inUtf8(raw).replace(/(%[\da-f]{2})+/gi, decodeURIComponent);
  } catch {
    throw userError("INVALID", `the header ce-${name} is not percent-encoded UTF-8: ${value}`, [
      name,
    ]);
  }
}

/** The CloudEvent of a request in binary mode, in the form of structured mode. */
export function readBinary(headers: IncomingHttpHeaders, body: Buffer): object {
  if (headers["ce-data"] !== undefined)
    throw userError("INVALID", "in binary mode the data of a CloudEvent is the body, not ce-data", [
      "data",
    ]);
  const entries = Object.entries(headers)
    .filter(([header]) => header.startsWith("ce-"))
    .map(([header, value]) => [header.slice(3), headerText(header.slice(3), String(value))]);
  const contentType = headers["content-type"];
  return {
    ...Object.fromEntries(entries),
    ...(contentType !== undefined && { datacontenttype: contentType }),
    ...(body.length > 0 && (contentType === undefined || isJsonType(contentType))
      ? { data: parseBody(body, 1, "data") }
      : {}),
  };
}

/** The same errors, with the names that the attributes have in CloudEvents. `at`: where the name stands. */
export const inAttributes = (error: unknown, at: number): unknown =>
  error instanceof UserError
    ? new UserError(
        error.entries.map((entry): UserErrorDetail => {
          const path = entry.path.map((part, index) =>
            index === at ? (attributes[part] ?? part) : part,
          );
          return { ...entry, path };
        }),
      )
    : error;
