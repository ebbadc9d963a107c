import type { IncomingMessage, ServerResponse } from "node:http";
import type { GraphQLError } from "graphql";
import type { Caller } from "../../graphql/builder/context.ts";
import {
  type RequestErrorCode,
  requestError,
  requestErrorStatus,
} from "../../graphql/gate/requestError.ts";
import { writeJson } from "../../util/rawJson.ts";
import type { Shares } from "../../util/shares.ts";
import type { Turns } from "../../util/turns.ts";
import type { MaskError } from "../gate/maskError.ts";
import type { Operation } from "../gate/operation.ts";
import type { ValidateOperation } from "../gate/prepare.ts";
import { newRequestId } from "../gate/requestId.ts";
import { securityHeaders, send } from "../headers.ts";
import type { LiveKeys } from "../socket/liveKeys.ts";
import { discardBody, readBody } from "./body.ts";
import { type KeyMistake, keyMistake } from "./keyMistake.ts";
import { type Accepted, EVENTS, JSON_TYPE, RESPONSE_JSON, readAccept } from "./mediaTypes.ts";
import { checkContentType, persistedQueryNotSupported, readParams } from "./params.ts";
import { keyRevoked, type Result } from "./stream.ts";
import type { Engine } from "./yoga.ts";

/** Finds the caller by an `Authorization` header (scheme word in any case); null when the key is not good. */
export type Authenticate = (authorization: string | null) => Promise<Caller | null>;

type GraphqlPostDeps = {
  engine: Engine;
  prepare: ValidateOperation;
  authenticate: Authenticate;
  maskError: MaskError;
  turns: Turns;
  /** Bytes of requests that are read or run. */
  requestBytes: Shares;
  requests: Shares;
  /** Bytes of answers that have not left yet. */
  answerBytes: Shares;
  /** Open event streams. */
  streams: LiveKeys;
};

const statusOf = (error: GraphQLError): number =>
  requestErrorStatus[error.extensions.code as RequestErrorCode] ?? 200;

/**
 * 200 for what ran, in whole or in part; else the worst of its errors. GraphQL's own media type has 200 for no
 * answer without `data`.
 */
function httpStatus(result: Result, mediaType: Accepted["json"]): number {
  const statuses = result.errors?.map(statusOf) ?? [];
  // Whoever sees these tries again, and so it must be said also when part of the answer is there.
  for (const status of [503, 429]) if (statuses.includes(status)) return status;
  const best = mediaType === RESPONSE_JSON && result.data === undefined ? 400 : 200;
  return result.data ? 200 : Math.max(best, ...statuses);
}

const extraHeaders: Readonly<Record<number, Record<string, string>>> = {
  401: { "www-authenticate": "Bearer" },
  405: { allow: "POST" },
};

/** Proxies would hold an event back until they have more. */
const unbuffered = { "x-accel-buffering": "no" };
/** Many of these are no matter. */
const SMALL_ANSWER = 64 * 1024;
/** How long the reader of a revoked key has to take the last event. */
const GOODBYE_MS = 1_000;

const keyMistakes: Readonly<Record<KeyMistake, string>> = {
  missing: "There is no API key: send the header Authorization: Bearer <key>.",
  "no scheme":
    "The Authorization header must begin with the word Bearer: Authorization: Bearer <key>.",
  placeholder: "A placeholder was sent for the API key: put a key of this hub in its place.",
  wrong: "This API key is not known here, or has been revoked.",
};

/** A hash-only GET comes from clients that then send the whole query by POST, once they are told the right thing. */
function refuseMethod({ method, url = "" }: IncomingMessage): GraphQLError {
  const asked = URL.parse(url, "http://localhost")?.searchParams;
  const isHashOnly = !asked?.has("query") && asked?.get("extensions")?.includes("persistedQuery");
  return method === "GET" && isHashOnly
    ? persistedQueryNotSupported()
    : requestError("METHOD_NOT_ALLOWED", "Send operations by POST.");
}

const gone = new Error("the connection has ended");

/** In how many seconds to try again: as long as the errors ask for, 1 when they do not say. */
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
      // Who reads nothing does not see it either.
      setTimeout(() => res.destroy(), GOODBYE_MS).unref();
    } else if (operation.kind === "subscription") {
      // Clients come again after a connection that broke off, and never after `event: complete`.
      res.destroy();
    }
  });
  if (!close) throw requestError("TOO_MANY_REQUESTS", "This key has 100 event streams open.");
  res.once("close", () => {
    close();
    ended.abort();
  });
  res.setHeaders(new Map(Object.entries({ ...securityHeaders, ...unbuffered })));
  res.setHeader("x-request-id", operation.requestId);
  // Yoga reads it anew.
  req.headers.accept = EVENTS;
  const isLive = () => streams.isLive(keyId);
  await engine.respondEvents(req, res, { operation, ended: ended.signal, isLive });
}

/** Answers one request to /graphql that is not a page view. */
export const createGraphqlPost = (deps: GraphqlPostDeps) => {
  const { engine, prepare, authenticate, maskError, turns, requestBytes, requests } = deps;
  const respond = async (
    req: IncomingMessage,
    res: ServerResponse,
    requestId: string,
    { first, takesEvents, json }: Accepted,
  ) => {
    if (req.method !== "POST") throw refuseMethod(req);
    const caller = await authenticate(req.headers.authorization ?? null);
    if (!caller) {
      throw requestError("UNAUTHENTICATED", keyMistakes[keyMistake(req.headers.authorization)]);
    }
    if (!first) {
      throw requestError(
        "NOT_ACCEPTABLE",
        `Accept must name ${JSON_TYPE}, ${RESPONSE_JSON} or ${EVENTS}.`,
      );
    }
    // Each holds a connection.
    res.once("close", requests.take(caller.projectId));
    checkContentType(req);
    using body = await readBody(req, requestBytes, caller.projectId);
    await turns.take(caller.projectId);
    const operation = prepare(readParams(body.bytes), caller, requestId);
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
    // Without a reason of its own each would make a DOMException with a stack: 19 µs.
    res.once("close", () => res.writableFinished || ended.abort(gone));
    const result = await engine.execute(operation, ended.signal);
    const text = writeJson(result);
    // Who does not read keeps it here. What a mutation has done is told in any case.
    if (operation.kind === "query" && text.length > SMALL_ANSWER)
      res.once("close", deps.answerBytes.take(caller.projectId, text.length));
    answer(res, requestId, result, json, text);
  };
  return async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const requestId = newRequestId();
    const accepted = readAccept(req.headers.accept);
    try {
      await respond(req, res, requestId, accepted);
    } catch (error) {
      await discardBody(req, res);
      answer(res, requestId, { errors: [maskError(error, requestId)] }, accepted.json);
    }
  };
};
