import { z } from "zod";
import type { ContentType } from "../db/events.ts";
import { type UserErrorEntry, UserMistake } from "./errors.ts";
import type { ScheduleInput } from "./schedule.ts";

/** Limits of an event, in characters unless said. */
export const eventLimits = {
  name: 200,
  short: 200,
  avatar: 2_048,
  idempotencyKey: 255,
  dataBytes: 262_144,
  depth: 64,
  batch: 1_000,
} as const;

const UUID4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
/** Control characters and halves of a character: PostgreSQL cannot hold the one's NUL nor the other, and names are one line. */
const UNFIT = /[\p{Cc}\p{Cs}]/u;
/** Characters as people (and PostgreSQL) count them: an emoji is one, although JavaScript says two. */
const hasAtMost = (max: number) => (text: string) =>
  text.length <= max || (text.length <= 2 * max && [...text].length <= max);

const line = (max: number) =>
  z
    .string()
    .min(1, "must not be empty")
    .refine(hasAtMost(max), `must have at most ${max} characters`)
    .refine((text) => !UNFIT.test(text), "must not contain control characters");

const optionalLine = (max: number) => line(max).nullish();

const eventInput = z.object({
  type: optionalLine(eventLimits.name),
  name: optionalLine(eventLimits.name),
  avatar: optionalLine(eventLimits.avatar),
  category: optionalLine(eventLimits.short),
  contentType: z.enum(["TEXT", "ROWS", "JSON", "IMAGE"]).nullish(),
  userId: optionalLine(eventLimits.short),
  subject: z.object({ type: line(eventLimits.short), id: line(eventLimits.short) }).nullish(),
  contextId: optionalLine(eventLimits.short),
  stepUuid: z.string().regex(UUID4, "must be a valid UUID4").nullish(),
  idempotencyKey: optionalLine(eventLimits.idempotencyKey),
});

/** What an application emits; `data` and `content` are any JSON value. */
export type EventInput = z.input<typeof eventInput> & {
  data?: unknown;
  content?: unknown;
  occurredAt?: Date | null;
} & ScheduleInput;

/** An `EventInput` that is in order, with its documents as JSON text. */
export type CheckedEvent = Omit<
  EventInput,
  "data" | "content" | "type" | "name" | keyof ScheduleInput
> & {
  type: string;
  name: string;
  contentType: ContentType;
  dataText: string | null;
  contentText: string | null;
};

/** The JSON text of a document, or what is wrong with it: over 256 KiB, or nested more than 64 levels deep. */
function documentText(value: unknown, field: string): string | null | UserErrorEntry {
  if (value === undefined || value === null) return null;
  const invalid = (message: string): UserErrorEntry => ({
    code: "INVALID",
    message,
    path: [field],
  });
  if (depthOf(value) > eventLimits.depth) {
    return invalid(`${field} may be nested ${eventLimits.depth} levels deep at most`);
  }
  const text = JSON.stringify(value);
  const bytes = Buffer.byteLength(text);
  if (bytes <= eventLimits.dataBytes) return text;
  return invalid(
    `${field} may take ${eventLimits.dataBytes} bytes (256 KiB) as JSON at most, this takes ${bytes}`,
  );
}

/** How deep a JSON value nests, giving up just past the limit. */
function depthOf(value: unknown, depth = 0): number {
  if (typeof value !== "object" || value === null || depth > eventLimits.depth) return depth;
  let deepest = depth + 1;
  for (const item of Object.values(value)) deepest = Math.max(deepest, depthOf(item, depth + 1));
  return deepest;
}

const contentShapes: Record<string, { fits: (content: unknown) => boolean; says: string }> = {
  TEXT: { fits: (content) => typeof content === "string", says: "must be a string" },
  IMAGE: { fits: (content) => typeof content === "string", says: "must be the URL of an image" },
  ROWS: { fits: Array.isArray, says: "must be an array of rows" },
};

/** The content type of content that came without one. */
function contentTypeOf(content: unknown): "TEXT" | "ROWS" | "JSON" {
  if (Array.isArray(content)) return "ROWS";
  return content == null || typeof content === "string" ? "TEXT" : "JSON";
}

/** Checks the shape and limits of one event. Throws UserMistake with a path per mistake. */
export function checkEventInput(input: EventInput): CheckedEvent {
  const entries: UserErrorEntry[] = [];
  const result = eventInput.safeParse(input);
  for (const issue of result.error?.issues ?? []) {
    const path = issue.path.map(String);
    entries.push({ code: "INVALID", message: `field '${path.join(".")}' ${issue.message}`, path });
  }
  const type = input.type ?? input.name;
  if (type == null)
    entries.push({ code: "INVALID", message: "field 'type' is required", path: ["type"] });
  const dataText = documentText(input.data, "data");
  const contentText = documentText(input.content, "content");
  for (const text of [dataText, contentText]) {
    if (text !== null && typeof text !== "string") entries.push(text);
  }
  const contentType = input.contentType ?? contentTypeOf(input.content);
  const shape = contentShapes[contentType];
  if (shape && input.content != null && !shape.fits(input.content)) {
    const message = `field 'content' ${shape.says} when contentType is ${contentType}`;
    entries.push({ code: "INVALID", message, path: ["content"] });
  }
  if (entries.length > 0 || !result.success || !type) throw new UserMistake(entries);
  return {
    ...result.data,
    occurredAt: input.occurredAt ?? null,
    type,
    name: input.name ?? type,
    contentType,
    dataText: typeof dataText === "string" ? dataText : null,
    contentText: typeof contentText === "string" ? contentText : null,
  };
}
