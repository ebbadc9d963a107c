import type { z } from "zod";
import type { ApplicationRow } from "../../db/application/applications.ts";
import { type HookRow, hooksById, hooksByUid } from "../../db/hook/hooks.ts";
import { listHooks } from "../../db/page/lists.ts";
import { findApplication } from "../../domain/application/application.ts";
import { registerHook, updateHook } from "../../domain/hook/hook.ts";
import { deleteHook } from "../../domain/hookStatus/hookStatus.ts";
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
import { parseBody, parseName, withNames } from "./input.ts";
import { pagingOf, toList, toPageRequest } from "./page.ts";

/** A secret without its prefix is one, too. A key of a pair keeps its own, so that it is refused as what it is. */
export const prefixed = (secret: string): string =>
  /^wh(sec|sk|pk)_/.test(secret) ? secret : `whsec_${secret}`;

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

/** Registers an endpoint, and deletes it again if its application was deleted meanwhile. Throws NOT_FOUND then. */
async function register(
  { context: { caller, hub } }: DoorRequest,
  application: ApplicationRow,
  input: Parameters<typeof registerHook>[2],
): Promise<HookRow> {
  const { hook } = await registerHook(hub.hooks, caller.projectId, input);
  if (await findApplication(hub.db.sql, caller.projectId, application.id)) return hook;
  await deleteHook(hub.hooks, caller.projectId, hook.id);
  throw userError("NOT_FOUND", "the application was deleted meanwhile");
}

async function create(request: DoorRequest) {
  const { secret, disabled, ...given } = parseBody(request, endpointIn);
  const application = await applicationOf(request);
  const input = {
    ...newInput(given, application.userId),
    ...(secret != null && { secret: prefixed(secret) }),
    paused: disabled,
  };
  const created = await createOnce(
    request,
    (id) => findEndpoint(request, application.userId, id),
    (id) => withNames(endpointNames, () => register(request, application, { ...input, id })),
  );
  return { status: 201, body: endpointOut(created) };
}

/** Creates the endpoint that a path names, and that is not there yet. */
async function createNamed(
  request: DoorRequest,
  given: z.output<typeof endpointUpdate>,
  application: ApplicationRow,
) {
  const { endpoint_id: name = "" } = request.params;
  if (given.uid != null && given.uid !== name)
    throw userError(
      "INVALID",
      `the endpoint of the path is '${name}', that of the body '${given.uid}'`,
      ["body", "uid"],
    );
  const { disabled, ...settings } = { ...given, uid: parseName(endpointUid, name) };
  const hook = await withNames(endpointNames, () =>
    register(request, application, {
      ...newInput(settings, application.userId),
      paused: disabled,
    }),
  );
  return { status: 201, body: endpointOut(hook) };
}

async function replace(request: DoorRequest) {
  const { caller, hub } = request.context;
  const given = parseBody(request, endpointUpdate);
  const application = await applicationOf(request);
  const { endpoint_id: id = "" } = request.params;
  const known = await findEndpoint(request, application.userId, id);
  if (!known) return createNamed(request, given, application);
  const { hook } = await withNames(endpointNames, () =>
    updateHook(hub.hooks, caller.projectId, known.id, {
      ...fullInput(given),
      isPaused: given.disabled ?? false,
    }),
  );
  return { status: 200, body: endpointOut(hook) };
}

async function patch(request: DoorRequest) {
  const { caller, hub } = request.context;
  const { secret, disabled, ...given } = parseBody(request, endpointPatch);
  const { id } = await endpointOf(request);
  const { hook } = await withNames(endpointNames, () =>
    updateHook(hub.hooks, caller.projectId, id, {
      ...changedInput(given),
      secret: secret == null ? null : prefixed(secret),
      isPaused: disabled,
    }),
  );
  return { status: 200, body: endpointOut(hook) };
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
      return { status: 200, body: toList(paging, page, endpointOut) };
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
