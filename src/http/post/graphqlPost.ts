import type { IncomingMessage, ServerResponse } from "node:http";
import type { GraphQLError } from "graphql";
import {
  type RequestErrorCode,
  requestError,
  requestErrorStatus,
} from "../../graphql/gate/requestError.ts";
import { writeJson } from "../../util/json/rawJson.ts";
import type { Shares } from "../../util/shares.ts";
import type { Turns } from "../../util/turns.ts";
import type { MaskError } from "../gate/maskError.ts";
import type { Operation } from "../gate/operation.ts";
import type { ValidateOperation } from "../gate/prepare.ts";
import { endWithResponse, newRequest, type RequestIds } from "../gate/request.ts";
import { onClose, SMALL_ANSWER, securityHeaders, send } from "../headers.ts";
import type { LiveKeys } from "../socket/liveKeys.ts";
import { discardBody, readBody } from "./body.ts";
import { type Authenticate, callerOf } from "./caller.ts";
import { type Accepted, EVENTS, JSON_TYPE, RESPONSE_JSON, readAccept } from "./mediaTypes.ts";
import { checkContentType, persistedQueryNotSupported, readParams } from "./params.ts";
import { connectionEnded, keyRevoked, type Result } from "./stream.ts";
import type { Engine } from "./yoga.ts";

type GraphqlPostDeps = {
  engine: Engine;
  prepare: ValidateOperation;
  authenticate: Authenticate;
  maskError: MaskError;
  turns: Turns;
  /** Limits the bytes of requests being read or executed. */
  requestBytes: Shares;
  requests: Shares;
  /** Limits the bytes of responses that have not been sent yet. */
  answerBytes: Shares;
  /** Open event streams. */
  streams: LiveKeys;
};

const statusOf = (error: GraphQLError): number =>
  requestErrorStatus[error.extensions.code as RequestErrorCode] ?? 200;

/**
 * 200 if the operation ran, even partially; otherwise the highest status of its errors. With
 * application/graphql-response+json, a response without `data` is never 200.
 */
function httpStatus(result: Result, mediaType: Accepted["json"]): number {
  const statuses = result.errors?.map(statusOf) ?? [];
  // 429 and 503 win even with partial data, so that clients retry.
  for (const status of [503, 429]) if (statuses.includes(status)) return status;
  const best = mediaType === RESPONSE_JSON && result.data === undefined ? 400 : 200;
  return result.data ? 200 : Math.max(best, ...statuses);
}

const extraHeaders: Readonly<Record<number, Record<string, string>>> = {
  401: { "www-authenticate": "Bearer" },
  405: { allow: "POST" },
};

/** Keeps proxies from buffering events. */
const unbuffered = { "x-accel-buffering": "no" };
/** Time for the client of a revoked key to receive the last event. */
const GOODBYE_MS = 1_000;

/**
 * A hash-only GET (persisted query) needs its own error, after which the client sends the full
 * query by POST.
 */
function refuseMethod({ method, url = "" }: IncomingMessage): GraphQLError {
  const asked = URL.parse(url, "http://localhost")?.searchParams;
  const isHashOnly = !asked?.has("query") && asked?.get("extensions")?.includes("persistedQuery");
  return method === "GET" && isHashOnly
    ? persistedQueryNotSupported()
    : requestError("METHOD_NOT_ALLOWED", "Send operations by POST.");
}

/** Seconds until a retry: the longest that the errors ask for, default 1. */
function retryAfter(status: number, { errors = [] }: Result): Record<string, string> {
  if (status !== 429 && status !== 503) return {};
  const seconds = errors.map(({ extensions }) => Number(extensions.retryAfter ?? 1));
  return { "retry-after": String(Math.max(...seconds)) };
}

function answer(
  res: ServerResponse,
  requestId: string,
  result: Result,
  mediaType: Accepted["json"],
  text = writeJson(result),
): void {
  if (res.destroyed) return;
  const status = httpStatus(result, mediaType);
  const headers = {
    "x-request-id": requestId,
    ...extraHeaders[status],
    ...retryAfter(status, result),
  };
  send(res, status, `${mediaType}; charset=utf-8`, text, headers);
}

async function answerEvents(
  { engine, streams }: GraphqlPostDeps,
  req: IncomingMessage,
  res: ServerResponse,
  operation: Operation,
): Promise<void> {
  const { keyId } = operation.caller;
  const ended = new AbortController();
  const close = streams.open(operation.caller, (reason) => {
    if (reason === "revoked") {
      ended.abort(keyRevoked);
      // A client that does not read gets no last event.
      setTimeout(() => res.destroy(), GOODBYE_MS).unref();
    } else if (operation.kind === "subscription") {
      // Clients reconnect after a broken connection, but not after `event: complete`.
      res.destroy();
    }
  });
  if (!close) throw requestError("TOO_MANY_REQUESTS", "This key has 100 event streams open.");
  onClose(res, () => {
    close();
    ended.abort();
  });
  res.setHeaders(new Map(Object.entries({ ...securityHeaders, ...unbuffered })));
  res.setHeader("x-request-id", operation.requestId);
  // Yoga parses this header again.
  req.headers.accept = EVENTS;
  const isLive = () => streams.isLive(keyId);
  await engine.respondEvents(req, res, { operation, ended: ended.signal, isLive });
}

/** Answers requests to /graphql, except page views. */
export const createGraphqlPost = (deps: GraphqlPostDeps) => {
  const { engine, prepare, authenticate, maskError, turns, requestBytes, requests } = deps;
  const respond = async (
    req: IncomingMessage,
    res: ServerResponse,
    request: RequestIds,
    { first, takesEvents, json }: Accepted,
  ) => {
    const { requestId } = request;
    if (req.method !== "POST") throw refuseMethod(req);
    const caller = await callerOf(req, authenticate);
    if (res.destroyed) return;
    if (!first) {
      throw requestError(
        "NOT_ACCEPTABLE",
        `Accept must name ${JSON_TYPE}, ${RESPONSE_JSON} or ${EVENTS}.`,
      );
    }
    // Each request occupies a connection.
    onClose(res, requests.take(caller.projectId));
    checkContentType(req);
    using body = await readBody(req, requestBytes, caller.projectId);
    await turns.take(caller.projectId);
    if (res.destroyed) return;
    const operation = prepare(readParams(body.bytes), caller, request);
    if ("errors" in operation) return answer(res, requestId, operation, json);
    const isSubscription = operation.kind === "subscription";
    if (first === EVENTS || (isSubscription && takesEvents)) {
      return answerEvents(deps, req, res, operation);
    }
    if (isSubscription) {
      const message = `Subscriptions are answered with Accept: ${EVENTS}, or over a websocket.`;
      throw requestError("NOT_ACCEPTABLE", message);
    }
    const ended = new AbortController();
    // An explicit reason avoids a DOMException with a stack trace (19 µs each).
    onClose(res, () => res.writableFinished || ended.abort(connectionEnded));
    const result = await engine.execute(operation, ended.signal);
    const text = writeJson(result);
    // A slow reader keeps the response in memory. The result of a mutation is always sent.
    if (operation.kind === "query" && text.length > SMALL_ANSWER)
      onClose(res, deps.answerBytes.take(caller.projectId, text.length));
    answer(res, requestId, result, json, text);
  };
  return async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const request = newRequest("POST /graphql", req.headers);
    endWithResponse(request, req, res);
    request.span?.set({ "http.route": "/graphql" });
    const accepted = readAccept(req.headers.accept);
    try {
      await respond(req, res, request, accepted);
    } catch (error) {
      await discardBody(req, res);
      answer(res, request.requestId, { errors: [maskError(error, request)] }, accepted.json);
    }
  };
};
