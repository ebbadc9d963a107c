import type { IncomingMessage, ServerResponse } from "node:http";
import { GraphQLError, type GraphQLSchema } from "graphql";
import { createYoga, type Plugin } from "graphql-yoga";
import type { Caller, Context } from "../../graphql/builder/context.ts";
import { writeJson } from "../../util/json/rawJson.ts";
import { Overloaded } from "../../util/overloaded.ts";
import type { Bounded } from "../gate/bounded.ts";
import type { MaskError } from "../gate/maskError.ts";
import type { Operation } from "../gate/operation.ts";
import type { RequestIds } from "../gate/request.ts";
import { cleanStream, isStream, type Result, type Results, withErrorsAsResults } from "./stream.ts";

/** Runs operations that passed the checks of gate/prepare.ts. */
export type Engine = {
  /**
   * Runs a query or mutation; TIMEOUT after 30 s. It stops waiting when `ended` aborts. Never
   * throws.
   */
  execute(operation: Operation, ended?: AbortSignal): Promise<Result>;
  /**
   * Runs a subscription until `ended` aborts, or returns one result with errors. The stream throws
   * masked errors.
   */
  subscribe(operation: Operation, ended?: AbortSignal): Promise<Results | Result>;
  /** Answers any operation with server-sent events until `ended` aborts. */
  respondEvents(req: IncomingMessage, res: ServerResponse, running: Running): Promise<void>;
};
export type ContextOf = (
  caller: Caller,
  request: RequestIds,
  kind: Operation["kind"],
  ended?: AbortSignal,
) => Context;
/** An operation, the signal that ends it, and whether its key still is good. */
type Running = { operation: Operation; ended: AbortSignal; isLive: () => boolean };

/** Removes repeated errors: each later field fails with the same exceeded budget. */
function withoutRepeats(errors: readonly GraphQLError[]): GraphQLError[] {
  const seen = new Set<unknown>();
  return errors.filter(({ originalError: error }) => {
    const isKnown = seen.has(error);
    const isLimit = error instanceof GraphQLError && error.extensions.code === "LIMIT_EXCEEDED";
    if (isLimit || error instanceof Overloaded) seen.add(error);
    return !isKnown;
  });
}

/** Makes Yoga serialize a result like the other transports do. */
const withStringify = (result: Result) => ({ ...result, stringify: writeJson });
async function* withStringifyStream(results: AsyncIterable<Result>) {
  for await (const result of results) yield withStringify(result);
}

/**
 * Yoga executes operations and writes event streams. Parsing requests, the checks and JSON
 * responses are ours: they are the hot path, where Yoga takes twice the time.
 */
export function createEngine(
  schema: GraphQLSchema,
  contextOf: ContextOf,
  maskError: MaskError,
  bounded: Bounded,
): Engine {
  const run = async (
    operation: Operation,
    ended?: AbortSignal,
  ): Promise<Result | AsyncIterable<Result>> => {
    const { caller, params, document } = operation;
    const enveloped = yoga.getEnveloped(operation);
    const perform = operation.kind === "subscription" ? enveloped.subscribe : enveloped.execute;
    const contextValue = contextOf(caller, operation, operation.kind, ended);
    try {
      const result = await perform({
        schema,
        document,
        operationName: params.operationName || undefined,
        variableValues: params.variables ?? undefined,
        contextValue,
      });
      const { exceeded } = contextValue.budget;
      // A partial query result is useless. The caller of a mutation must see what was done.
      if (exceeded && operation.kind === "query")
        return { errors: [maskError(exceeded, operation)] };
      return result;
    } catch (error) {
      return { errors: [maskError(error, operation)] };
    } finally {
      if (operation.kind !== "subscription") contextValue.budget.release();
    }
  };
  const cleaner = (request: RequestIds) => ({
    result: (result: Result): Result =>
      result.errors
        ? {
            ...result,
            errors: withoutRepeats(result.errors).map((error) => maskError(error, request)),
          }
        : result,
    error: (error: unknown) => maskError(error, request),
  });

  async function execute(operation: Operation, ended?: AbortSignal): Promise<Result> {
    const { caller, requestId } = operation;
    const work = { projectId: caller.projectId, requestId };
    try {
      return await bounded(work, async () => {
        const result = await run(operation, ended);
        if (isStream(result)) throw new Error("a query or mutation does not stream");
        return cleaner(operation).result(result);
      });
    } catch (error) {
      return { errors: [maskError(error, operation)] };
    }
  }

  async function subscribe(operation: Operation, ended?: AbortSignal): Promise<Results | Result> {
    const clean = cleaner(operation);
    const result = await run(operation);
    return isStream(result) ? cleanStream(result, clean, ended) : clean.result(result);
  }

  const eventStreams: Plugin<object, Running> = {
    onRequestParse({ serverContext, setRequestParser }) {
      setRequestParser(() => ({ query: serverContext.operation.params.query }));
    },
    async onParams({ context: { operation, ended, isLive }, setResult }) {
      if (operation.kind !== "subscription")
        return setResult(withStringify(await execute(operation, ended)));
      const results = await subscribe(operation, ended);
      setResult(
        isStream(results)
          ? withStringifyStream(withErrorsAsResults(results, ended, isLive))
          : withStringify(results),
      );
    },
    onResponse({ response }) {
      // Compressing proxies would delay events.
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
