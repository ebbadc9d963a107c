import { z } from "zod";
import type { ContentType } from "../../db/event/events.ts";
import { UserError, type UserErrorDetail } from "../../util/userError.ts";
import { type ActionInput, type CheckedAction, checkActions } from "../action/actionInput.ts";
import { documentText } from "../input/documentText.ts";
import { exactName, singleLineText } from "../input/singleLineText.ts";
import type { ScheduleInput } from "./schedule.ts";

/** Limits of an event, in characters unless the name says otherwise. */
export const eventLimits = {
  name: 200,
  short: 200,
  avatar: 2_048,
  idempotencyKey: 255,
  uid: 256,
  channel: 128,
  channels: 10,
  dataBytes: 262_144,
  batch: 1_000,
} as const;

const UUID4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const optionalLine = (max: number) => singleLineText(max).nullish();

/** Labels such as the channels of an event or a hook: 1 to 10 names, each once. */
export const labels = z
  .array(exactName(eventLimits.channel))
  .min(1, "must have a minimum of 1 items")
  .max(eventLimits.channels, `must have a maximum of ${eventLimits.channels} items`)
  .refine((names) => new Set(names).size === names.length, "must not name one twice");

export const eventInput = z.object({
  type: exactName(eventLimits.name).nullish(),
  name: optionalLine(eventLimits.name),
  avatar: optionalLine(eventLimits.avatar),
  category: optionalLine(eventLimits.short),
  contentType: z.enum(["TEXT", "ROWS", "JSON", "IMAGE"]).nullish(),
  userId: optionalLine(eventLimits.short),
  subject: z
    .object({ type: exactName(eventLimits.short), id: singleLineText(eventLimits.short) })
    .nullish(),
  contextId: optionalLine(eventLimits.short),
  stepUuid: z.string().regex(UUID4, "must be a valid UUID4").nullish(),
  idempotencyKey: optionalLine(eventLimits.idempotencyKey),
  uid: exactName(eventLimits.uid).nullish(),
  channels: labels.nullish(),
  tags: labels.nullish(),
  broadcast: z.boolean().nullish(),
  hookId: z.string().toLowerCase().nullish(),
});

/** An event as an application emits it; `data` and `content` are any JSON value. */
export type EventInput = z.input<typeof eventInput> & {
  data?: unknown;
  content?: unknown;
  occurredAt?: Date | null | undefined;
  actions?: readonly ActionInput[] | null | undefined;
  /** The event's own trace, when it is not that of its call (src/util/traceContext.ts). */
  trace?: string | null;
} & ScheduleInput;

/** A valid `EventInput`, with its documents as JSON text. */
export type CheckedEvent = Omit<
  EventInput,
  "data" | "content" | "type" | "name" | "actions" | "trace" | keyof ScheduleInput
> & {
  trace: string | null;
  type: string;
  name: string;
  contentType: ContentType;
  dataText: string | null;
  contentText: string | null;
  actions: CheckedAction[];
};

const contentShapes: Record<string, { fits: (content: unknown) => boolean; rule: string }> = {
  TEXT: { fits: (content) => typeof content === "string", rule: "must be a string" },
  IMAGE: { fits: (content) => typeof content === "string", rule: "must be the URL of an image" },
  ROWS: { fits: Array.isArray, rule: "must be an array of rows" },
};

/** The default content type. */
function contentTypeOf(content: unknown): "TEXT" | "ROWS" | "JSON" {
  if (Array.isArray(content)) return "ROWS";
  return content == null || typeof content === "string" ? "TEXT" : "JSON";
}

/** Checks the shape and limits of one event. Throws UserError with a path per error. */
export function checkEventInput(input: EventInput): CheckedEvent {
  const entries: UserErrorDetail[] = [];
  const result = eventInput.safeParse(input);
  for (const issue of result.error?.issues ?? []) {
    const path = issue.path.map(String);
    entries.push({ code: "INVALID", message: `field '${path.join(".")}' ${issue.message}`, path });
  }
  const type = input.type ?? input.name;
  if (type == null)
    entries.push({ code: "INVALID", message: "field 'type' is required", path: ["type"] });
  if (input.uid != null && input.userId == null) {
    const message = "field 'uid' is unique among the events of a user: give 'userId', too";
    entries.push({ code: "INVALID", message, path: ["uid"] });
  }
  if (input.broadcast && input.hookId != null) {
    const message =
      "give 'broadcast' (the hooks of all users) or 'hookId' (one hook alone), not both";
    entries.push({ code: "INVALID", message, path: ["hookId"] });
  }
  const dataText = documentText(input.data, ["data"], eventLimits.dataBytes);
  const contentText = documentText(input.content, ["content"], eventLimits.dataBytes);
  for (const text of [dataText, contentText]) {
    if (text !== null && typeof text !== "string") entries.push(text);
  }
  const contentType = input.contentType ?? contentTypeOf(input.content);
  const shape = contentShapes[contentType];
  if (shape && input.content != null && !shape.fits(input.content)) {
    const message = `field 'content' ${shape.rule} when contentType is ${contentType}`;
    entries.push({ code: "INVALID", message, path: ["content"] });
  }
  const actions = checkActions(input.actions ?? []);
  entries.push(...actions.errors);
  if (entries.length > 0 || !result.success || !type) throw new UserError(entries);
  return {
    ...result.data,
    occurredAt: input.occurredAt ?? null,
    trace: input.trace ?? null,
    type,
    name: input.name ?? type,
    contentType,
    dataText: typeof dataText === "string" ? dataText : null,
    contentText: typeof contentText === "string" ? contentText : null,
    actions: actions.checked,
  };
}
