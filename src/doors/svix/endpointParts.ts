import { z } from "zod";
import { countByStatus } from "../../db/delivery/outcomes.ts";
import { eventTypesByName } from "../../db/eventType/eventTypes.ts";
import { updateHook } from "../../domain/hook/hook.ts";
import { openHeaders, openSecret } from "../../domain/hook/hookSecrets.ts";
import { isSensitiveHeader } from "../../domain/hook/redactedHeaders.ts";
import { publicKeyOfHook } from "../../domain/hookSecret/hookSignature.ts";
import { replaceHookSecret } from "../../domain/hookSecret/replaceHookSecret.ts";
import { replayDeliveries } from "../../domain/replay/replay.ts";
import type { DoorRequest, Route } from "../../http/door/door.ts";
import { parseJson } from "../../util/json/parseJson.ts";
import { userError } from "../../util/userError.ts";
import { timeOfUtc } from "../input/time.ts";
import { endpointOf, prefixed } from "./endpoint.ts";
import { eventType } from "./endpointShape.ts";
import { idempotencyKeyOf, parseBody, parseQuery, withNames } from "./input.ts";
import { emitMessage, messageOut, payload } from "./message.ts";

const DAY_S = 86_400;
const SPAN_DAYS = 28;

const rotateIn = z.object({
  key: z.string().nullish(),
  gracePeriodSeconds: z
    .number()
    .int("must be a whole number")
    .min(0, "must be at least 0")
    .max(7 * DAY_S, `must be at most ${7 * DAY_S}`)
    .nullish(),
});
const headersIn = z.object({ headers: z.record(z.string(), z.string()) });
const headersPatch = z.object({ headers: z.record(z.string(), z.string().nullable()) });
const recoverIn = z.object({ since: timeOfUtc, until: timeOfUtc.nullish() });
const exampleIn = z.object({ eventType, payload: payload.nullish() });
const statsQuery = z.object({ since: timeOfUtc.optional(), until: timeOfUtc.optional() });

async function rotate(request: DoorRequest) {
  const { caller, hub } = request.context;
  const { key, gracePeriodSeconds } = parseBody(request, rotateIn);
  const { id } = await endpointOf(request);
  const given = key == null ? null : prefixed(key);
  const overlapHours = (gracePeriodSeconds ?? DAY_S) / 3_600;
  const { hook, secret } = await withNames({ secret: "key" }, () =>
    replaceHookSecret(hub.hooks, caller.projectId, id, given, overlapHours),
  );
  // Svix's OpenAPI has 204 here, but its newest SDK for Python reads the new secret; the others read nothing.
  return { status: 200, body: { key: secret ?? publicKeyOfHook(hook) } };
}

/** Headers that are not credentials by their names, with their values, and the names of the others. */
async function readHeaders(request: DoorRequest) {
  const hook = await endpointOf(request);
  const headers = Object.entries(openHeaders(request.context.hub.hooks.box, hook));
  const [sensitive, shown] = [
    headers.filter(([name]) => isSensitiveHeader(name)),
    headers.filter(([name]) => !isSensitiveHeader(name)),
  ];
  return {
    status: 200,
    body: { headers: Object.fromEntries(shown), sensitive: sensitive.map(([name]) => name) },
  };
}

/** Sets all headers, or changes some. */
async function setHeaders(
  request: DoorRequest,
  headers: Pick<Parameters<typeof updateHook>[3], "headers" | "changedHeaders">,
) {
  const { caller, hub } = request.context;
  const { id } = await endpointOf(request);
  await withNames({}, () => updateHook(hub.hooks, caller.projectId, id, headers));
  return { status: 204 };
}

/** Sends again what failed in a span of time: deliveries that ended so, and those that wait for another attempt. */
async function recover(request: DoorRequest) {
  const { caller, hub } = request.context;
  const { projectId } = caller;
  const { since, until } = parseBody(request, recoverIn);
  const { id: hookId } = await endpointOf(request);
  const replay = await withNames({}, () =>
    replayDeliveries(hub.db.sql, projectId, {
      ...{ hookId, status: ["FAILED", "QUARANTINED"], hastens: true, since },
      until: until ?? null,
    }),
  );
  const body = {
    ...{ id: replay.id, task: "endpoint.recover", updatedAt: replay.createdAt },
    status: "running",
  };
  return { status: 202, body };
}

async function stats(request: DoorRequest) {
  const { caller, read } = request.context;
  const given = parseQuery(request, statsQuery);
  const until = given.until ?? new Date();
  const since = given.since ?? new Date(until.getTime() - SPAN_DAYS * DAY_S * 1_000);
  const { id: hookId } = await endpointOf(request);
  const counts = await read((sql) =>
    countByStatus(sql, { projectId: caller.projectId, hookId, since, until }),
  );
  const sum = (...statuses: string[]) =>
    statuses.reduce((total, status) => total + (counts.get(status) ?? 0), 0);
  const body = {
    success: sum("SUCCEEDED"),
    pending: sum("PENDING", "RETRYING", "PARKED"),
    sending: sum("SENDING"),
    fail: sum("FAILED", "QUARANTINED", "GONE"),
    canceled: sum("CANCELLED"),
  };
  return { status: 200, body };
}

/** Sends an event type's example, or the given payload, to this endpoint alone, whatever types it takes. */
async function sendExample(request: DoorRequest) {
  const { caller, read } = request.context;
  const given = parseBody(request, exampleIn);
  const { eventType: type } = given;
  const hook = await endpointOf(request);
  const [known] = await read((sql) => eventTypesByName(sql, caller.projectId, [type]));
  const example = given.payload ?? (known?.example ? parseJson(known.example) : undefined);
  if (example === undefined)
    throw userError(
      "INVALID",
      known
        ? `event type '${type}' has no example: give its schema 'examples'`
        : `there is no event type '${type}'`,
      ["body", "eventType"],
    );
  const event = await emitMessage(
    request,
    {
      ...{ type, data: example, userId: hook.userId },
      idempotencyKey: idempotencyKeyOf(request),
    },
    {
      onlyHookId: hook.id,
      audited: (event) => ({
        projectId: hook.projectId,
        action: "testHook",
        entity: ["Hook", hook.id],
        after: { type, event },
      }),
    },
  );
  return { status: 200, body: messageOut(event) };
}

const ONE = "/api/v1/app/{app_id}/endpoint/{endpoint_id}";
const secret = { operation: "Mutation.rotateHookSecret" } as const;
const headers = { path: `${ONE}/headers`, operation: "Mutation.updateHook" } as const;

export const endpointPartRoutes: Route[] = [
  {
    method: "GET",
    path: `${ONE}/secret`,
    ...secret,
    handle: async (request) => {
      const hook = await endpointOf(request);
      // A hook that was registered with ED25519 elsewhere: a private key is not shown.
      const key = publicKeyOfHook(hook) ?? openSecret(request.context.hub.hooks.box, hook);
      return { status: 200, body: { key } };
    },
  },
  { method: "POST", path: `${ONE}/secret/rotate`, ...secret, handle: rotate },
  { method: "GET", ...headers, handle: readHeaders },
  {
    method: "PUT",
    ...headers,
    handle: async (request) => setHeaders(request, parseBody(request, headersIn)),
  },
  {
    method: "PATCH",
    ...headers,
    handle: async (request) =>
      setHeaders(request, { changedHeaders: parseBody(request, headersPatch).headers }),
  },
  {
    method: "POST",
    path: `${ONE}/recover`,
    operation: "Mutation.replayDeliveries",
    handle: recover,
  },
  {
    method: "POST",
    path: `${ONE}/send-example`,
    operation: "Mutation.testHook",
    handle: sendExample,
  },
  { method: "GET", path: `${ONE}/stats`, operation: "Query.hook", handle: stats },
];
