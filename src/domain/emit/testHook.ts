import { type DeliveryRow, deliveriesOfEvent } from "../../db/delivery/deliveries.ts";
import { eventTypesByName } from "../../db/eventType/eventTypes.ts";
import { type HookRow, hooksById } from "../../db/hook/hooks.ts";
import { isId } from "../../util/ids.ts";
import { parseJson } from "../../util/json/parseJson.ts";
import { userError } from "../../util/userError.ts";
import { eventLimits } from "../event/eventInput.ts";
import { rejectDeleted } from "../hook/hook.ts";
import { checkLine } from "../input/singleLineText.ts";
import { resourceSubject } from "../resource/resourceSubject.ts";
import { type Emitting, emitOne, longestWait } from "./emitAndWait.ts";

type Test = {
  type?: string | null | undefined;
  /** Absent for the type's example. Null is data, too. */
  data?: unknown;
  waitMs?: number | null | undefined;
};

async function hookToTest({ caller, read }: Emitting, id: string): Promise<HookRow> {
  const [hook] = isId(id) ? await read((sql) => hooksById(sql, caller.projectId, [id])) : [];
  if (!hook) throw userError("NOT_FOUND", `no hook ${id}`, ["id"]);
  rejectDeleted(hook);
  // A test tells now how the target answers: it does not wait for the hook.
  if (hook.status !== "ACTIVE")
    throw userError(
      "NOT_ALLOWED_NOW",
      `hook ${id} is ${hook.status}: only an ACTIVE one is tested`,
      ["id"],
    );
  return hook;
}

function typeToTest({ types }: HookRow, given: string | null | undefined): string {
  if (given != null) checkLine("type", given, eventLimits.name);
  const type = given ?? types.find((pattern) => pattern !== "*" && !pattern.endsWith(".*"));
  if (type === undefined)
    throw userError(
      "INVALID",
      `field 'type' is required: the hook takes only patterns (${types.slice(0, 10).join(", ")})`,
      ["type"],
    );
  return type;
}

/** The example of an event type. */
async function exampleOf({ caller, read }: Emitting, type: string): Promise<unknown> {
  const [known] = await read((sql) => eventTypesByName(sql, caller.projectId, [type]));
  if (!known || known.archivedAt !== null)
    throw userError(
      "INVALID",
      `field 'data' is required: event type '${type}' is not registered, so it has no example`,
      ["data"],
    );
  if (known.example === null)
    throw userError(
      "INVALID",
      `field 'data' is required: event type '${type}' is registered without an example`,
      ["data"],
    );
  return parseJson(known.example);
}

/**
 * Sends an event to one hook alone, whatever types and users it takes and whatever its filter says. It starts no
 * workflows, and event streams do not show it. Throws NOT_FOUND, NOT_ALLOWED_NOW (the hook is not ACTIVE, or sends
 * resources and the data name none), INVALID, or as `emitEvent` does.
 */
export async function testHook(request: Emitting, id: string, test: Test): Promise<DeliveryRow> {
  const waitMs = longestWait([test.waitMs], () => ["waitMs"]);
  const hook = await hookToTest(request, id);
  const type = typeToTest(hook, test.type);
  const data = test.data === undefined ? await exampleOf(request, type) : test.data;
  const subject = await resourceSubject(request, hook, type, data);
  const input = { type, data, subject, userId: hook.userId };
  const { projectId } = request.caller;
  const { event } = await emitOne(request, input, "TEST", waitMs, {
    onlyHookId: hook.id,
    audited: (event) => ({
      projectId,
      action: "testHook",
      entity: ["Hook", hook.id],
      after: { type, event },
    }),
  });
  const [delivery] = await request.read((sql) => deliveriesOfEvent(sql, projectId, event.id));
  if (!delivery) throw new Error(`event ${event.id} has no delivery`);
  return delivery;
}
