import type { IncomingMessage, ServerResponse } from "node:http";
import type { GraphQLError } from "graphql";
import type { Caller } from "../graphql/context.ts";
import {
  type RequestErrorCode,
  requestError,
  requestErrorStatus,
} from "../graphql/requestError.ts";
import { writeJson } from "../util/rawJson.ts";
import type { Shares } from "../util/shares.ts";
import type { Turns } from "../util/turns.ts";
import { discardBody, readBody } from "./body.ts";
import { securityHeaders, send } from "./headers.ts";
import type { LiveKeys } from "./liveKeys.ts";
import type { MaskError } from "./maskError.ts";
import { checkContentType, readParams } from "./params.ts";
import type { Operation, Prepare } from "./prepare.ts";
import { newRequestId } from "./requestId.ts";
import type { Result } from "./stream.ts";
import type { Engine } from "./yoga.ts";

/** Finds the caller by an `Authorization` header (scheme word in any case); null when the key is not good. */
export type Authenticate = (authorization: string | null) => Promise<Caller | null>;

export type GraphqlPostDeps = {
  engine: Engine;
  prepare: Prepare;
  authenticate: Authenticate;
  maskError: MaskError;
  turns: Turns;
  /** Bytes of requests that are read or run. */
  requestBytes: Shares;
  /** Open event streams. */
  streams: LiveKeys;
};

const EVENTS = "text/event-stream";
const RESPONSE_JSON = "application/graphql-response+json";

/** The first of the client's media types that we have: its own order decides. */
function negotiate(accept: string | undefined): string {
  if (!accept) return "application/json";
  for (const item of accept.toLowerCase().split(",")) {
    const type = item.split(";", 1)[0]?.trim();
    if (type === EVENTS || type === RESPONSE_JSON || type === "application/json") return type;
    if (type === "*/*" || type === "application/*") return "application/json";
  }
  throw requestError(
    "NOT_ACCEPTABLE",
    `Accept must name application/json, ${RESPONSE_JSON} or ${EVENTS}.`,
  );
}

const statusOf = (error: GraphQLError): number =>
  requestErrorStatus[error.extensions.code as RequestErrorCode] ?? 200;

/** 200 for what ran, in whole or in part; else the worst of its errors. */
function httpStatus(result: Result): number {
  const statuses = result.errors?.map(statusOf) ?? [];
  // Whoever sees these tries again, and so it must be said also when part of the answer is there.
  for (const status of [503, 429]) if (statuses.includes(status)) return status;
  return result.data ? 200 : Math.max(200, ...statuses);
}

const extraHeaders: Readonly<Record<number, Record<string, string>>> = {
  401: { "www-authenticate": "Bearer" },
  405: { allow: "POST" },
};

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
  mediaType = "application/json",
): void {
  if (res.destroyed) return;
  const status = httpStatus(result);
  const headers = {
    "x-request-id": requestId,
    ...extraHeaders[status],
    ...retryAfter(status, result),
  };
  send(res, status, `${mediaType}; charset=utf-8`, writeJson(result), headers);
}

async function answerEvents(
  { engine, streams }: GraphqlPostDeps,
  req: IncomingMessage,
  res: ServerResponse,
  operation: Operation,
): Promise<void> {
  const ended = new AbortController();
  const end = () => ended.abort();
  const close = streams.open(operation.caller.keyId, end);
  if (!close) throw requestError("TOO_MANY_REQUESTS", "This key has 100 event streams open.");
  res.once("close", () => {
    close();
    end();
  });
  res.setHeaders(new Map(Object.entries(securityHeaders)));
  res.setHeader("x-request-id", operation.requestId);
  await engine.respondEvents(req, res, { operation, ended: ended.signal });
}

/** Answers one request to /graphql that is not a page view. */
export const createGraphqlPost = (deps: GraphqlPostDeps) => {
  const { engine, prepare, authenticate, maskError, turns, requestBytes } = deps;
  const respond = async (req: IncomingMessage, res: ServerResponse, requestId: string) => {
    if (req.method !== "POST") {
      throw requestError("METHOD_NOT_ALLOWED", "Send operations by POST.");
    }
    const caller = await authenticate(req.headers.authorization ?? null);
    if (!caller) {
      const message = "A valid API key is needed: Authorization: Bearer <key>.";
      throw requestError("UNAUTHENTICATED", message);
    }
    const mediaType = negotiate(req.headers.accept);
    checkContentType(req);
    using body = await readBody(req, requestBytes, caller.projectId);
    await turns.take(caller.projectId);
    const operation = prepare(readParams(body.bytes), caller, requestId);
    if ("errors" in operation) return answer(res, requestId, operation);
    if (mediaType === EVENTS) return answerEvents(deps, req, res, operation);
    if (operation.kind === "subscription") {
      const message = `Subscriptions are answered with Accept: ${EVENTS}, or over a websocket.`;
      throw requestError("NOT_ACCEPTABLE", message);
    }
    const ended = new AbortController();
    res.once("close", () => ended.abort());
    answer(res, requestId, await engine.execute(operation, ended.signal), mediaType);
  };
  return async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const requestId = newRequestId();
    try {
      await respond(req, res, requestId);
    } catch (error) {
      await discardBody(req, res);
      answer(res, requestId, { errors: [maskError(error, requestId)] });
    }
  };
};
