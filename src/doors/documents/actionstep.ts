import {
  countRestHooks,
  listRestHooks,
  type RestHookRow,
  restHookById,
} from "../../db/hook/restHooks.ts";
import { installCatalog, isInCatalog } from "../../domain/eventType/installCatalog.ts";
import { registerHook, updateHook } from "../../domain/hook/hook.ts";
import { deleteHook } from "../../domain/hookStatus/hookStatus.ts";
import type { Context } from "../../graphql/builder/context.ts";
import type { Door, DoorRequest, DoorResponse, Failure } from "../../http/door/door.ts";
import { isId } from "../../util/ids.ts";
import { UserError, userError } from "../../util/userError.ts";
import { withNames } from "./fields.ts";
import { readChanged, readNew, restHookNames, showRestHook } from "./restHook.ts";
import { pageOf, pagingOf } from "./restHookPage.ts";

const CATALOG = "actionstep";

/**
 * Runs a change that names an event. Actionstep's own events are there without further ado: when the project has not
 * got one, their catalogue is installed, once the target is known to be good.
 */
async function withEvents<Result>(
  { caller, hub }: Context,
  { eventName = "", targetUrl }: { eventName?: string | undefined; targetUrl?: string | undefined },
  change: () => Promise<Result>,
): Promise<Result> {
  try {
    return await change();
  } catch (error) {
    const isUnknown =
      error instanceof UserError && error.entries.every(({ code }) => code === "UNKNOWN_TYPE");
    if (!isUnknown || !isInCatalog(CATALOG, eventName)) throw error;
    if (targetUrl !== undefined) await hub.hooks.checkTarget(targetUrl, caller.projectId);
    await installCatalog(hub.db, caller.projectId, CATALOG);
    return change();
  }
}

/** The REST hook of the path. Throws NOT_FOUND. */
async function ofPath({ context: { caller, read }, params }: DoorRequest): Promise<RestHookRow> {
  const { id = "" } = params;
  const hook = isId(id) ? await read((sql) => restHookById(sql, caller.projectId, id)) : undefined;
  if (!hook) throw userError("NOT_FOUND", `there is no REST hook ${id}`, ["id"]);
  return hook;
}

const answer = (hook: RestHookRow, more: object = {}): DoorResponse => ({
  status: 200,
  body: { resthooks: [{ ...showRestHook(hook), ...more }] },
});

async function create(request: DoorRequest): Promise<DoorResponse> {
  const { context } = request;
  const { caller, hub } = context;
  const given = readNew(request);
  const input = { types: [given.eventName], url: given.targetUrl, format: "RESOURCE" as const };
  const { hook, secret } = await withNames(restHookNames, () =>
    withEvents(context, given, () => registerHook(hub.hooks, caller.projectId, input)),
  );
  return answer({ ...hook, triggeredCount: 0, lastTriggeredAt: null }, { secret });
}

async function list({ context, query }: DoorRequest): Promise<DoorResponse> {
  const { caller, read } = context;
  const page = pageOf(query);
  const [hooks, count] = await read(async (sql) => [
    await listRestHooks(sql, caller.projectId, page),
    await countRestHooks(sql, caller.projectId),
  ]);
  const meta = { paging: { resthooks: pagingOf(page, count) } };
  return { status: 200, body: { resthooks: hooks.map(showRestHook), meta } };
}

async function change(request: DoorRequest): Promise<DoorResponse> {
  const { context } = request;
  const { caller, hub } = context;
  const given = readChanged(request);
  const before = await ofPath(request);
  const fixed = (field: "id" | "status", is: string) => {
    if (given[field] === undefined || given[field] === is) return;
    const message = `field 'resthooks.0.${field}' cannot be changed: it is '${is}'`;
    throw userError("INVALID", message, ["resthooks", 0, field]);
  };
  fixed("id", before.id);
  fixed("status", showRestHook(before).status);
  const { eventName, targetUrl } = given;
  if (eventName === undefined && targetUrl === undefined)
    throw userError("INVALID", "nothing to change: give 'eventName' or 'targetUrl'", [
      "resthooks",
      0,
    ]);
  const input = { ...(eventName && { types: [eventName] }), url: targetUrl };
  const { hook } = await withNames(restHookNames, () =>
    withEvents(context, given, () => updateHook(hub.hooks, caller.projectId, before.id, input)),
  );
  return answer({ ...before, ...hook });
}

async function remove(request: DoorRequest): Promise<DoorResponse> {
  const { caller, hub } = request.context;
  const { id } = await ofPath(request);
  await deleteHook(hub.hooks, caller.projectId, id);
  return { status: 204 };
}

function renderFailure({ status, message, errors }: Failure): DoorResponse {
  return {
    status,
    body: {
      message,
      errors: errors.map((error) => ({
        status: String(status),
        code: error.code,
        detail: error.message,
        ...(error.path.length > 0 && { source: { pointer: `/${error.path.join("/")}` } }),
      })),
    },
  };
}

const ALL = "/api/rest/resthooks";
const ONE = "/api/rest/resthooks/{id}";

/** Actionstep: its REST hooks. */
export const actionstep: Door = {
  prefixes: ["/api/rest/"],
  routes: [
    { method: "POST", path: ALL, operation: "Mutation.registerHook", handle: create },
    { method: "GET", path: ALL, operation: "Query.hooks", handle: list },
    {
      method: "GET",
      path: ONE,
      operation: "Query.hook",
      handle: async (request) => answer(await ofPath(request)),
    },
    { method: "PUT", path: ONE, operation: "Mutation.updateHook", handle: change },
    { method: "DELETE", path: ONE, operation: "Mutation.deleteHook", handle: remove },
  ],
  renderFailure,
};
