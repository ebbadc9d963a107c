import type { GraphiQLProps } from "graphiql";
import { type ExecutionResult, getOperationAST, parse } from "graphql";
import { createClient } from "graphql-ws";
import { graphqlUrl } from "../base.ts";
import { headersWithKey, keyIn } from "./headersWithKey.ts";

type Fetcher = GraphiQLProps["fetcher"];
type Params = Parameters<Fetcher>[0];
type Headers = ReturnType<typeof headersWithKey>;

/**
 * The operation to run. Shortly after a tab is opened, GraphiQL still names the operation of the
 * previous tab.
 */
function operationOf({ query, operationName }: Params) {
  const document = parse(query);
  return getOperationAST(document, operationName) ?? getOperationAST(document);
}

async function post(params: Params, headers: Headers): Promise<ExecutionResult> {
  const response = await fetch(graphqlUrl(), {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(params),
  });
  return response.json();
}

/**
 * Explains why the socket was closed. GraphiQL shows errors as JSON, in which a CloseEvent is
 * empty.
 */
function withReason(error: unknown): never {
  if (!(error instanceof CloseEvent)) throw error;
  throw new Error(error.reason || `The connection was closed with code ${error.code}.`);
}

function follow(params: Params, headers: Headers): AsyncIterableIterator<ExecutionResult> {
  const events = createClient({ url: graphqlUrl("ws"), connectionParams: headers }).iterate(params);
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: () => events.next().catch(withReason) as Promise<IteratorResult<ExecutionResult>>,
    return: async () => {
      await events.return?.();
      return { done: true, value: undefined };
    },
  };
}

/**
 * Sends GraphiQL's operations, with the known key if a tab has none. Calls `learn` with a key that
 * a tab has.
 */
export const createFetcher =
  (known: string | undefined, learn: (key: string) => void): Fetcher =>
  (given, options) => {
    const own = keyIn(options?.headers);
    if (own) learn(own);
    const headers = headersWithKey(options?.headers, known);
    const operation = operationOf(given);
    const params = { ...given, operationName: operation?.name?.value ?? null };
    return operation?.operation === "subscription"
      ? follow(params, headers)
      : post(params, headers);
  };
