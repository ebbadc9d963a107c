import type { z } from "zod";
import { type HookRow, hooksById, hooksByUid } from "../../db/hook/hooks.ts";
import { listHooks } from "../../db/page/lists.ts";
import {
  deleteHook,
  enableHook,
  pauseHook,
  registerHook,
  replaceHookSecret,
  resumeHook,
  updateHook,
} from "../../domain/hook/hook.ts";
import type { DoorRequest, Route } from "../../http/door/door.ts";
import { isId } from "../../util/ids.ts";
import { userError } from "../../util/userError.ts";
import { applicationOf } from "./application.ts";
import { createOnce } from "./createOnce.ts";
import {
  changedInput,
  endpointIn,
  endpointNames,
  endpointOut,
  endpointPatch,
  endpointUid,
  endpointUpdate,
  fullInput,
  newInput,
} from "./endpointShape.ts";
import { parse, parseBody, withNames } from "./input.ts";
import { pagingOf, toList, toPageRequest } from "./page.ts";

/** A secret without its prefix is one, too. */
export const prefixed = (secret: string): string =>
  secret.startsWith("whsec_") ? secret : `whsec_${secret}`;

/** The live hook of an application with this id or `uid`. */
export async function findEndpoint(
  { context: { caller, read } }: DoorRequest,
  userId: string,
  idOrUid: string,
): Promise<HookRow | undefined> {
  const { projectId } = caller;
  return read(async (sql) => {
    const [byId] = isId(idOrUid) ? await hooksById(sql, projectId, [idOrUid]) : [];
    if (byId && byId.userId === userId && byId.status !== "DELETED") return byId;
    const [byUid] = await hooksByUid(sql, projectId, userId, idOrUid);
    return byUid;
  });
}

/** The endpoint of the path. Throws NOT_FOUND. */
export async function endpointOf(request: DoorRequest): Promise<HookRow> {
  const { userId } = await applicationOf(request);
  const { endpoint_id: id = "" } = request.params;
  const hook = await findEndpoint(request, userId, id);
  if (!hook)
    throw userError("NOT_FOUND", `the application has no endpoint with the id or uid ${id}`);
  return hook;
}

/** Pauses, resumes or enables a hook as asked. One that waits for its target's consent is left alone. */
async function setDisabled(
  { context: { caller, hub } }: DoorRequest,
  hook: HookRow,
  disabled: boolean | null | undefined,
): Promise<HookRow> {
  if (disabled == null || hook.status === "PENDING_VERIFICATION") return hook;
  if (disabled === (hook.status !== "ACTIVE")) return hook;
  const enable = hook.status === "DISABLED" ? enableHook : resumeHook;
  return (disabled ? pauseHook : enable)(hub.hooks, caller.projectId, hook.id);
}

async function create(request: DoorRequest) {
  const { caller, hub } = request.context;
  const { secret, disabled, ...given } = parseBody(request, endpointIn);
  const { userId } = await applicationOf(request);
  const input = {
    ...newInput(given, userId),
    ...(secret != null && { secret: prefixed(secret) }),
    isPaused: disabled ?? false,
  };
  const created = await createOnce(
    request,
    (id) => findEndpoint(request, userId, id),
    (id) =>
      withNames(endpointNames, async () => {
        const { hook } = await registerHook(hub.hooks, caller.projectId, { ...input, id });
        return hook;
      }),
  );
  return { status: 201, body: endpointOut(created) };
}

/** Creates the endpoint that a path names, and that is not there yet. */
async function createNamed(
  { context: { caller, hub }, params }: DoorRequest,
  given: z.output<typeof endpointUpdate>,
  userId: string,
) {
  const { endpoint_id: name = "" } = params;
  if (given.uid != null && given.uid !== name)
    throw userError(
      "INVALID",
      `the endpoint of the path is '${name}', that of the body '${given.uid}'`,
      ["body", "uid"],
    );
  const { disabled, ...settings } = { ...given, uid: parse(endpointUid, name, "path") };
  const { hook } = await withNames(endpointNames, () =>
    registerHook(hub.hooks, caller.projectId, {
      ...newInput(settings, userId),
      isPaused: disabled ?? false,
    }),
  );
  return { status: 201, body: endpointOut(hook) };
}

async function replace(request: DoorRequest) {
  const { caller, hub } = request.context;
  const given = parseBody(request, endpointUpdate);
  const { userId } = await applicationOf(request);
  const { endpoint_id: id = "" } = request.params;
  const known = await findEndpoint(request, userId, id);
  if (!known) return createNamed(request, given, userId);
  const hook = await withNames(endpointNames, () =>
    updateHook(hub.hooks, caller.projectId, known.id, fullInput(given)),
  );
  return {
    status: 200,
    body: endpointOut(await setDisabled(request, hook, given.disabled ?? false)),
  };
}

async function patch(request: DoorRequest) {
  const { caller, hub } = request.context;
  const { secret, disabled, ...given } = parseBody(request, endpointPatch);
  const { id } = await endpointOf(request);
  const hook = await withNames(endpointNames, async () => {
    const changed = await updateHook(hub.hooks, caller.projectId, id, changedInput(given));
    if (secret == null) return changed;
    return (await replaceHookSecret(hub.hooks, caller.projectId, id, prefixed(secret), 0)).hook;
  });
  return { status: 200, body: endpointOut(await setDisabled(request, hook, disabled)) };
}

const ALL = "/api/v1/app/{app_id}/endpoint";
const ONE = "/api/v1/app/{app_id}/endpoint/{endpoint_id}";
const change = { operation: "Mutation.updateHook" } as const;

export const endpointRoutes: Route[] = [
  {
    method: "GET",
    path: ALL,
    operation: "Query.hooks",
    handle: async (request) => {
      const { caller, read } = request.context;
      const paging = pagingOf(request, "descending");
      const { userId } = await applicationOf(request);
      const page = await read((sql) =>
        listHooks(sql, caller.projectId, { userId }, toPageRequest(paging)),
      );
      return { status: 200, body: await toList(paging, page, endpointOut) };
    },
  },
  { method: "POST", path: ALL, operation: "Mutation.registerHook", handle: create },
  {
    method: "GET",
    path: ONE,
    operation: "Query.hook",
    handle: async (request) => ({ status: 200, body: endpointOut(await endpointOf(request)) }),
  },
  { method: "PUT", path: ONE, ...change, handle: replace },
  { method: "PATCH", path: ONE, ...change, handle: patch },
  {
    method: "DELETE",
    path: ONE,
    operation: "Mutation.deleteHook",
    handle: async (request) => {
      const { caller, hub } = request.context;
      const { id } = await endpointOf(request);
      await deleteHook(hub.hooks, caller.projectId, id);
      return { status: 204 };
    },
  },
];
