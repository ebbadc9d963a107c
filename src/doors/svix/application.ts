import { z } from "zod";
import { type ApplicationRow, listApplications } from "../../db/application/applications.ts";
import {
  createApplication,
  deleteApplication,
  findApplication,
  updateApplication,
} from "../../domain/application/application.ts";
import type { Context } from "../../graphql/builder/context.ts";
import type { DoorRequest, Route } from "../../http/door/door.ts";
import { userError } from "../../util/userError.ts";
import { createOnce } from "./createOnce.ts";
import {
  identifier,
  metadata,
  parseBody,
  parseName,
  parseQuery,
  throttleRate,
  withNames,
} from "./input.ts";
import { pagingOf, toList, toPageRequest } from "./page.ts";

const uid = identifier(200);

export const applicationIn = z.object({
  name: z.string().min(1, "must not be empty"),
  uid: uid.nullish(),
  metadata: metadata.nullish(),
  throttleRate: throttleRate.nullish(),
  /** The name of `throttleRate` in SDKs of version 1. */
  rateLimit: throttleRate.nullish(),
});

const applicationPatch = applicationIn.partial();

type Given = z.output<typeof applicationIn>;

const createQuery = z.object({
  get_if_exists: z.enum(["true", "false"], "must be true or false").optional(),
});

const applicationOut = (application: ApplicationRow) => ({
  id: application.id,
  uid: application.uid,
  name: application.name,
  metadata: JSON.parse(application.metadata),
  throttleRate: application.throttleRate,
  rateLimit: application.throttleRate,
  createdAt: application.createdAt,
  updatedAt: application.updatedAt,
});

const inputOf = ({ name, uid = null, metadata, throttleRate, rateLimit }: Given) => ({
  name,
  uid,
  metadata: JSON.stringify(metadata ?? {}),
  throttleRate: throttleRate ?? rateLimit ?? null,
});

export const lookUp = ({ caller, read }: Context, idOrUid: string) =>
  read((sql) => findApplication(sql, caller.projectId, idOrUid));

/** The application of the path. Throws NOT_FOUND. */
export async function applicationOf({ context, params }: DoorRequest): Promise<ApplicationRow> {
  const { app_id: id = "" } = params;
  const application = await lookUp(context, id);
  if (!application)
    throw userError("NOT_FOUND", `there is no application with the id or uid ${id}`);
  return application;
}

/** Creates an application, or finds the one with this `uid` that another request has created meanwhile. */
async function orMeanwhile(
  context: Context,
  uid: string,
  create: () => Promise<ApplicationRow>,
): Promise<ApplicationRow> {
  try {
    return await create();
  } catch (error) {
    const created = await lookUp(context, uid);
    if (created) return created;
    throw error;
  }
}

/** Creates the application that a path names, and that is not there yet. */
export function createNamed({ context, params }: DoorRequest, given: Given) {
  const { app_id: name = "" } = params;
  if (given.uid != null && given.uid !== name)
    throw userError(
      "INVALID",
      `the application of the path is '${name}', that of the body '${given.uid}'`,
      ["body", "uid"],
    );
  const { caller, hub } = context;
  const named = inputOf({ ...given, uid: parseName(uid, name) });
  return orMeanwhile(context, name, () =>
    withNames({}, () => createApplication(hub.db.sql, caller.projectId, named)),
  );
}

async function create(request: DoorRequest) {
  const { caller, hub } = request.context;
  const { get_if_exists } = parseQuery(request, createQuery);
  const given = parseBody(request, applicationIn);
  const known =
    get_if_exists === "true" && given.uid != null
      ? await lookUp(request.context, given.uid)
      : undefined;
  if (known) return { status: 200, body: applicationOut(known) };
  const create = () =>
    createOnce(
      request,
      (id) => lookUp(request.context, id),
      (id) =>
        withNames({}, () => createApplication(hub.db.sql, caller.projectId, inputOf(given), id)),
    );
  if (get_if_exists !== "true" || given.uid == null)
    return { status: 201, body: applicationOut(await create()) };
  const { uid } = given;
  return { status: 201, body: applicationOut(await orMeanwhile(request.context, uid, create)) };
}

async function replace(request: DoorRequest) {
  const { caller, hub } = request.context;
  const given = parseBody(request, applicationIn);
  const known = await lookUp(request.context, request.params.app_id ?? "");
  if (!known) return { status: 201, body: applicationOut(await createNamed(request, given)) };
  const updated = await withNames({}, () =>
    updateApplication(hub.db.sql, caller.projectId, known.id, inputOf(given)),
  );
  return { status: 200, body: applicationOut(updated) };
}

async function patch(request: DoorRequest) {
  const { caller, hub } = request.context;
  const given = parseBody(request, applicationPatch);
  const { id } = await applicationOf(request);
  const rate = given.throttleRate === undefined ? given.rateLimit : given.throttleRate;
  const changes = {
    ...(given.name !== undefined && { name: given.name }),
    ...(given.uid !== undefined && { uid: given.uid }),
    ...(given.metadata && { metadata: JSON.stringify(given.metadata) }),
    ...(rate !== undefined && { throttleRate: rate }),
  };
  const updated = await withNames({}, () =>
    updateApplication(hub.db.sql, caller.projectId, id, changes),
  );
  return { status: 200, body: applicationOut(updated) };
}

const ALL = "/api/v1/app";
const ONE = "/api/v1/app/{app_id}";
const read = { operation: "Query.hooks" } as const;
/** Who may create and change applications. */
export const applicationChange = { operation: "Mutation.registerHook" } as const;

export const applicationRoutes: Route[] = [
  {
    method: "GET",
    path: ALL,
    ...read,
    handle: async (request) => {
      const { caller, read } = request.context;
      const paging = pagingOf(request, "ascending");
      const page = await read((sql) =>
        listApplications(sql, caller.projectId, toPageRequest(paging)),
      );
      return { status: 200, body: toList(paging, page, applicationOut) };
    },
  },
  { method: "POST", path: ALL, ...applicationChange, handle: create },
  {
    method: "GET",
    path: ONE,
    ...read,
    handle: async (request) => ({
      status: 200,
      body: applicationOut(await applicationOf(request)),
    }),
  },
  { method: "PUT", path: ONE, ...applicationChange, handle: replace },
  { method: "PATCH", path: ONE, ...applicationChange, handle: patch },
  {
    method: "DELETE",
    path: ONE,
    operation: "Mutation.deleteHook",
    handle: async (request) => {
      await deleteApplication(request.context.hub.db.sql, await applicationOf(request));
      return { status: 204 };
    },
  },
];
