import { z } from "zod";
import type { RestHookRow } from "../../db/hook/restHooks.ts";
import { eventLimits } from "../../domain/event/eventInput.ts";
import { exactName } from "../../domain/input/singleLineText.ts";
import type { DoorRequest } from "../../http/door/door.ts";
import { readJson } from "../../http/door/readJson.ts";
import { mediaTypeOf, parseBody } from "../../http/post/jsonBody.ts";
import { userError } from "../../util/userError.ts";
import { readInput } from "../input/readInput.ts";

const newRestHook = z.strictObject({
  eventName: exactName(eventLimits.name),
  targetUrl: z.string(),
});

/** What may change is optional. The rest is what a REST hook is shown with: it may be sent back, and does not change. */
const changedRestHook = z.strictObject({
  ...newRestHook.partial().shape,
  id: z.string().optional(),
  status: z.string().optional(),
  triggeredCount: z.unknown().optional(),
  triggeredLastTimestamp: z.unknown().optional(),
});

/** Where the fields of the one REST hook of a body lie. */
export const restHookNames = {
  "types.0": ["resthooks", 0, "eventName"],
  url: ["resthooks", 0, "targetUrl"],
  name: ["resthooks", 0, "eventName"],
};

/** The one REST hook of a body: in a list, as the document has it, or by itself. */
function read<Schema extends z.ZodObject>(request: DoorRequest, schema: Schema): z.output<Schema> {
  const isJsonApi = mediaTypeOf(request.headers) === "application/vnd.api+json";
  const body = isJsonApi ? parseBody(request.body, 2, "a value") : readJson(request);
  const { resthooks } = readInput(z.strictObject({ resthooks: z.unknown() }), body);
  const list = Array.isArray(resthooks) ? resthooks : [resthooks];
  if (list.length !== 1)
    throw userError("INVALID", "field 'resthooks' must be a list of one REST hook", ["resthooks"]);
  return readInput(schema, list[0], { within: ["resthooks", 0] });
}

export const readNew = (request: DoorRequest) => read(request, newRestHook);
export const readChanged = (request: DoorRequest) => read(request, changedRestHook);

/** A REST hook as Actionstep shows it. */
export const showRestHook = (hook: RestHookRow) => ({
  id: hook.id,
  eventName: hook.types[0],
  targetUrl: hook.url,
  status: hook.status === "ACTIVE" ? "Active" : "Disabled",
  triggeredCount: hook.triggeredCount,
  triggeredLastTimestamp: hook.lastTriggeredAt,
});
