import type { IncomingMessage, ServerResponse } from "node:http";
import { GraphQLError, type GraphQLSchema } from "graphql";
import { createYoga, type Plugin } from "graphql-yoga";
import type { Caller, Context } from "../../graphql/builder/context.ts";
import { requestError } from "../../graphql/gate/requestError.ts";
import { Overloaded } from "../../util/overloaded.ts";
import { writeJson } from "../../util/rawJson.ts";
import { createShares, type Release } from "../../util/shares.ts";
import { limits } from "../gate/limits.ts";
import type { MaskError } from "../gate/maskError.ts";
import type { Operation } from "../gate/operation.ts";
import { cleanStream, isStream, type Result, type Results, withErrorsAsResults } from "./stream.ts";

/** Runs operations that have passed the gate (prepare.ts). */
export type Engine = {
  /** A query or mutation; TIMEOUT after 30 s. It waits for nothing any more when `ended` fires. Never throws. */
  execute(operation: Operation, ended?: AbortSignal): Promise<Result>;
  /** A subscription, until `ended` fires; or one result that says why not. Its stream throws masked errors. */
  subscribe(operation: Operation, ended?: AbortSignal): Promise<Results | Result>;
  /** Answers any operation with server-sent events, until `ended` fires. */
  respondEvents(req: IncomingMessage, res: ServerResponse, running: Running): Promise<void>;
};
export type ContextOf = (
  caller: Caller,
  requestId: string,
  kind: Operation["kind"],
  ended?: AbortSignal,
) => Context;
/** An operation, the signal that ends it, and whether its key still is good. */
type Running = { operation: Operation; ended: AbortSignal; isLive: () => boolean };

/** Waits for the result at most 30 s; what still runs then may yet be done. */
async function withDeadline(result: Promise<Result>, requestId: string): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Result>((resolve) => {
    timer = setTimeout(() => {
      const message = `No result within ${limits.operationMs / 1000} s. Request id: ${requestId}`;
      resolve({ errors: [requestError("TIMEOUT", message, { requestId })] });
    }, limits.operationMs);
  });
  try {
    return await Promise.race([result, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Without what every later field was told as well: that the request's budget is spent. */
function onceEach(errors: readonly GraphQLError[]): GraphQLError[] {
  const told = new Set<unknown>();
  return errors.filter(({ originalError: error }) => {
    const isKnown = told.has(error);
    const isLimit = error instanceof GraphQLError && error.extensions.code === "LIMIT_EXCEEDED";
    if (isLimit || error instanceof Overloaded) told.add(error);
    return !isKnown;
  });
}

/** A result that Yoga writes as the other doors do. */
const written = (result: Result) => ({ ...result, stringify: writeJson });
async function* writtenStream(results: AsyncIterable<Result>) {
  for await (const result of results) yield written(result);
}

/**
 * Yoga as the engine and the writer of event streams. Reading requests, the gate and JSON answers are ours: they
 * are the hot path, where Yoga's own way costs twice the time.
 */
export function createEngine(
  schema: GraphQLSchema,
  contextOf: ContextOf,
  maskError: MaskError,
): Engine {
  const run = async (
    operation: Operation,
    ended?: AbortSignal,
  ): Promise<Result | AsyncIterable<Result>> => {
    const { caller, requestId, params, document } = operation;
    const enveloped = yoga.getEnveloped(operation);
    const perform = operation.kind === "subscription" ? enveloped.subscribe : enveloped.execute;
    const contextValue = contextOf(caller, requestId, operation.kind, ended);
    try {
      const result = await perform({
        schema,
        document,
        operationName: params.operationName || undefined,
        variableValues: params.variables ?? undefined,
        contextValue,
      });
      const { exceeded } = contextValue.budget;
      // Nothing of it is of use. What a mutation has done, its caller must know.
      if (exceeded && operation.kind === "query")
        return { errors: [maskError(exceeded, requestId)] };
      return result;
    } catch (error) {
      return { errors: [maskError(error, requestId)] };
    } finally {
      if (operation.kind !== "subscription") contextValue.budget.release();
    }
  };
  const cleaner = (requestId: string) => ({
    result: (result: Result): Result =>
      result.errors
        ? { ...result, errors: onceEach(result.errors).map((error) => maskError(error, requestId)) }
        : result,
    error: (error: unknown) => maskError(error, requestId),
  });

  const inFlight = createShares({
    what: "operations in flight",
    total: limits.operationsPerProcess,
  });
  async function execute(operation: Operation, ended?: AbortSignal): Promise<Result> {
    let release: Release;
    try {
      release = inFlight.take(operation.caller.projectId);
    } catch (error) {
      return { errors: [maskError(error, operation.requestId)] };
    }
    // Held until it has really ended: one whose time is over still waits for PostgreSQL, and takes memory.
    const running = run(operation, ended)
      .finally(release)
      .then((result) => {
        if (isStream(result)) throw new Error("a query or mutation does not stream");
        return cleaner(operation.requestId).result(result);
      });
    return withDeadline(running, operation.requestId);
  }

  async function subscribe(operation: Operation, ended?: AbortSignal): Promise<Results | Result> {
    const clean = cleaner(operation.requestId);
    const result = await run(operation);
    return isStream(result) ? cleanStream(result, clean, ended) : clean.result(result);
  }

  const eventStreams: Plugin<object, Running> = {
    onRequestParse({ serverContext, setRequestParser }) {
      setRequestParser(() => ({ query: serverContext.operation.params.query }));
    },
    async onParams({ context: { operation, ended, isLive }, setResult }) {
      if (operation.kind !== "subscription")
        return setResult(written(await execute(operation, ended)));
      const results = await subscribe(operation, ended);
      setResult(
        isStream(results)
          ? writtenStream(withErrorsAsResults(results, ended, isLive))
          : written(results),
      );
    },
    onResponse({ response }) {
      // What compresses on the way would hold events back.
      response.headers.set("cache-control", "no-cache, no-transform");
    },
  };
  const yoga = createYoga<Running>({
    schema,
    logging: false,
    maskedErrors: false,
    graphiql: false,
    landingPage: false,
    cors: false,
    multipart: false,
    maxRequestBodySize: false,
    parserAndValidationCache: false,
    plugins: [eventStreams],
  });
  return {
    execute,
    subscribe,
    respondEvents: async (req, res, running) => {
      await yoga.handle(req, res, running);
    },
  };
}
