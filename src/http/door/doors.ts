import type { IncomingMessage, ServerResponse } from "node:http";
import { actAs } from "../../domain/audit/actor.ts";
import { roleRejection, rolesOfOperation } from "../../domain/project/roles.ts";
import type { Context } from "../../graphql/builder/context.ts";
import { requestError } from "../../graphql/gate/requestError.ts";
import { writeJson } from "../../util/json/rawJson.ts";
import type { Shares } from "../../util/shares.ts";
import type { Turns } from "../../util/turns.ts";
import { userError } from "../../util/userError.ts";
import type { Bounded } from "../gate/bounded.ts";
import { limits } from "../gate/limits.ts";
import type { MaskError } from "../gate/maskError.ts";
import { endWithResponse, newRequest, type RequestIds } from "../gate/request.ts";
import { onClose, SMALL_ANSWER, send, sendHead } from "../headers.ts";
import type { Origins } from "../origins.ts";
import { discardBody, readBody } from "../post/body.ts";
import { type Authenticate, callerOf } from "../post/caller.ts";
import { connectionEnded, keyRevoked } from "../post/stream.ts";
import type { ContextOf } from "../post/yoga.ts";
import type { LiveKeys } from "../socket/liveKeys.ts";
import type { Door, DoorResponse, Route } from "./door.ts";
import { toFailure } from "./failure.ts";
import { createRouteTable } from "./routeTable.ts";

type DoorsDeps = {
  doors: readonly Door[];
  contextOf: ContextOf;
  authenticate: Authenticate;
  maskError: MaskError;
  bounded: Bounded;
  origins: Origins;
  turns: Turns;
  /** Limits the bytes of requests being read or executed. */
  requestBytes: Shares;
  requests: Shares;
  /** Limits the bytes of responses that have not been sent yet. */
  answerBytes: Shares;
  /** Event streams and long polls. */
  streams: LiveKeys;
};
type Found = NonNullable<ReturnType<ReturnType<typeof createRouteTable>>>;
type KeyedRoute = Extract<Route, { operation: unknown }>;

const NOTHING = Buffer.alloc(0);
const NO_QUERY = new URLSearchParams();

function answer(
  res: ServerResponse,
  requestId: string,
  { status, headers: given }: DoorResponse,
  text: string | undefined,
): void {
  if (res.destroyed) return;
  const headers = { "x-request-id": requestId, ...given };
  if (text === undefined) sendHead(res, status, headers);
  else send(res, status, "application/json; charset=utf-8", text, headers);
}

/** The route of the method; HEAD is that of GET, of which Node.js sends no body. */
function routeOf({ method = "" }: IncomingMessage, path: string, { methods }: Found): Route {
  const route = methods.get(method === "HEAD" ? "GET" : method);
  if (route) return route;
  if (methods.size === 0) throw userError("NOT_FOUND", `there is nothing at ${path}`);
  const allow = allowed(methods).join(", ");
  throw requestError("METHOD_NOT_ALLOWED", `${path} takes ${allow}, not ${method}.`, { allow });
}

const allowed = (methods: Found["methods"]): string[] => [
  ...(methods.has("GET") ? ["GET", "HEAD"] : []),
  ...[...methods.keys()].filter((method) => method !== "GET"),
];

/** Throws BAD_REQUEST for what no value can be. */
function decode([name, raw]: readonly [string, string]): [string, string] {
  try {
    const value = decodeURIComponent(raw);
    if (!value.includes("\0")) return [name, value];
  } catch {}
  throw requestError("BAD_REQUEST", `The part {${name}} of the path is not valid: ${raw}`);
}

function queryOf({ url = "" }: IncomingMessage): URLSearchParams {
  const start = url.indexOf("?");
  if (start < 0) return NO_QUERY;
  const query = new URLSearchParams(url.slice(start));
  for (const [name, value] of query) {
    if (`${name}${value}`.includes("\0"))
      throw requestError("BAD_REQUEST", "The query of the URL must not contain %00.");
  }
  return query;
}

/**
 * Answers requests to the doors beside GraphQL, with the same keys, roles and limits. Returns
 * undefined for a path that is of no door.
 */
export function createDoors(deps: DoorsDeps) {
  const { authenticate, contextOf, maskError, bounded, origins, turns, requestBytes } = deps;
  const table = createRouteTable(deps.doors);

  /** Aborts when the client leaves; for a long poll also when the key is revoked or the hub stops. */
  function endOf(res: ServerResponse, caller: Context["caller"], route: KeyedRoute): AbortSignal {
    const ended = new AbortController();
    onClose(res, () => res.writableFinished || ended.abort(connectionEnded));
    if (route.waitsMs === undefined) return ended.signal;
    const close = deps.streams.open(caller, (reason) =>
      ended.abort(reason === "revoked" ? keyRevoked : connectionEnded),
    );
    if (!close) {
      const message = `This key has ${limits.streamsPerKey} event streams and long polls open.`;
      throw requestError("TOO_MANY_REQUESTS", message);
    }
    onClose(res, close);
    return ended.signal;
  }

  async function respond(
    req: IncomingMessage,
    res: ServerResponse,
    ids: RequestIds,
    path: string,
    found: Found,
  ): Promise<void> {
    const { requestId } = ids;
    const route = routeOf(req, path, found);
    ids.span?.rename(`${route.method} ${route.path}`);
    ids.span?.set({ "http.route": route.path });
    if ("open" in route) {
      const response = route.open();
      await discardBody(req, res);
      return answer(res, requestId, response, writeJson(response.body));
    }
    const caller = await callerOf(req, authenticate);
    if (res.destroyed) return;
    const roles = rolesOfOperation(route.operation);
    if (!roles.includes(caller.role)) {
      throw requestError("FORBIDDEN", roleRejection(`${req.method} ${path}`, roles, caller.role));
    }
    onClose(res, deps.requests.take(caller.projectId));
    const params = Object.fromEntries(found.params.map(decode));
    const query = queryOf(req);
    const isRead = route.method === "GET";
    using body = isRead ? undefined : await readBody(req, requestBytes, caller.projectId);
    await turns.take(caller.projectId);
    if (res.destroyed) return;
    const ended = endOf(res, caller, route);
    // A long poll is a subscription by another name: a standby may lack what it has to answer.
    const readKind = route.waitsMs === undefined ? "query" : "subscription";
    const context = contextOf(caller, ids, isRead ? readKind : "mutation", ended);
    const request = { context, params, query, headers: req.headers, body: body?.bytes ?? NOTHING };
    const ms = route.waitsMs && route.waitsMs + limits.operationMs;
    const actor = { actor: caller.keyName, requestId };
    const work = { projectId: caller.projectId, requestId, ms };
    const { response, text } = await bounded(work, async () => {
      try {
        const response = await actAs(actor, () => route.handle(request));
        const text = response.body === undefined ? undefined : writeJson(response.body);
        if (isRead && text) context.budget.spend("answerBytes", text.length);
        return { response, text };
      } finally {
        context.budget.release();
      }
    });
    if (ended.reason === keyRevoked) throw keyRevoked;
    // A slow reader keeps the response in memory. The result of a change is always sent.
    if (isRead && text && text.length > SMALL_ANSWER)
      onClose(res, deps.answerBytes.take(caller.projectId, text.length));
    answer(res, requestId, response, text);
  }

  function fail(res: ServerResponse, ids: RequestIds, door: Door, error: unknown): void {
    const failure = toFailure(error, ids, maskError);
    const response = door.renderFailure(failure);
    const headers = { ...failure.headers, ...response.headers };
    answer(res, ids.requestId, { ...response, headers }, writeJson(response.body));
  }

  return (req: IncomingMessage, res: ServerResponse, path: string): Promise<void> | undefined => {
    const found = table(path);
    if (!found) return undefined;
    const ids = newRequest(req.method ?? "", req.headers);
    endWithResponse(ids, req, res);
    const refuse = (why: string) => fail(res, ids, found.door, requestError("FORBIDDEN", why));
    const isAnswered =
      req.headers.origin !== undefined &&
      origins.answer(req, res, { methods: allowed(found.methods), refuse });
    if (isAnswered) return Promise.resolve();
    return respond(req, res, ids, path, found).catch(async (error) => {
      await discardBody(req, res);
      fail(res, ids, found.door, error);
    });
  };
}
