import { z } from "zod";
import { emitOne } from "../../domain/emit/emitAndWait.ts";
import type { Door, DoorRequest, DoorResponse, Failure } from "../../http/door/door.ts";
import { renderMessage } from "../../http/door/failure.ts";
import { readJson } from "../../http/door/readJson.ts";
import { readInput, withExact } from "../input/readInput.ts";
import { idText, withNames } from "./fields.ts";

const action = z.strictObject({
  url: z.string(),
  buttonText: z.string(),
  key: z.string().nullish(),
  external: z.boolean().nullish(),
  expireIn: z.number().nullish(),
  meta: z.unknown().optional(),
  repeat: z.boolean().nullish(),
  type: z.enum(["default", "important", "danger"]).nullish(),
});

const styles = { default: "DEFAULT", important: "IMPORTANT", danger: "DANGER" } as const;
/** There is no view for places: their content is shown as it is. */
const contentTypes = {
  text: "TEXT",
  rows: "ROWS",
  json: "JSON",
  image: "IMAGE",
  map: "JSON",
} as const;

const flag = z.boolean().nullish();
const logInput = z.strictObject({
  name: z.string(),
  avatar: z.string().nullish(),
  type: z.enum(["text", "rows", "json", "image", "map"]).nullish(),
  content: z.unknown().optional(),
  category: z.string().nullish(),
  userId: idText.nullish(),
  contextId: z.string().nullish(),
  actions: z.array(action).nullish(),
  // Of Operational's own feed. They are taken, and change nothing here.
  contextStart: flag,
  notify: flag,
  muted: flag,
  test: flag,
});

async function log(request: DoorRequest): Promise<DoorResponse> {
  const given = readInput(logInput, withExact(readJson(request), ["content", "userId"]));
  const { name, avatar, type, content, category, userId, contextId, actions } = given;
  const input = {
    name,
    avatar,
    content,
    category,
    userId,
    contextId,
    contentType: type && contentTypes[type],
    actions: actions?.map(({ type: style, ...one }) => ({ ...one, style: style && styles[style] })),
  };
  // Without a type of its own an event is of the type that it is named.
  const { event } = await withNames({ type: ["name"], contentType: ["type"] }, () =>
    emitOne(request.context, input, "API", 0),
  );
  return { status: 201, body: { message: "success", id: event.id } };
}

/** Operational: its one call, which logs an event with its buttons. */
export const operational: Door = {
  prefixes: [],
  routes: [{ method: "POST", path: "/api/v1/log", operation: "Mutation.emitEvent", handle: log }],
  // Operational's documentation has 400 for whatever is wrong with a payload.
  renderFailure: (failure: Failure) =>
    renderMessage({ ...failure, status: failure.status === 422 ? 400 : failure.status }),
};
