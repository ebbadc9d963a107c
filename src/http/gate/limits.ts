import type { GraphQLError } from "graphql";
import { requestError } from "../../graphql/gate/requestError.ts";
import { isTooDeep, MAX_JSON_DEPTH } from "../../util/json/jsonDepth.ts";

/** The limits of HTTP and websocket requests. docs/limits.md lists them. */
export const limits = {
  bodyBytes: 4 * 1024 * 1024,
  /** Maximum time to receive a body. */
  bodyMs: 20_000,
  /** Bodies being read or executed; shared among the projects. */
  requestBytesPerProcess: 64 * 1024 * 1024,
  frameBytes: 1024 * 1024,
  characters: 15_000,
  tokens: 2_000,
  /** Nested brackets of any kind; more than the deepest valid fields and values need together. */
  brackets: 100,
  depth: 12,
  aliases: 30,
  rootFields: 20,
  directives: 20,
  /**
   * Validation compares all pairs of selections that may overlap: repeated fields and fragments.
   */
  overlaps: 50,
  cost: 2_000,
  introspection: 20_000,
  variablesDepth: MAX_JSON_DEPTH,
  /** How long an operation may take, waiting included. */
  operationMs: 30_000,
  /** Prevents an endless backlog while PostgreSQL is slow. Shared among the projects. */
  operationsPerProcess: 10_000,
  /** Calls with `waitMs` that are waiting; shared among the projects. */
  waitsPerProcess: 2_000,
  /** Memory of requests in progress: rows read and answers built. */
  memoryMiB: 256,
  memoryMiBOfProject: 96,
  initMs: 3_000,
  subscriptionsPerSocket: 50,
  operationsPerSocket: 100,
  streamsPerKey: 100,
  /** Active subscriptions; shared among the projects. */
  subscriptionsPerProcess: 20_000,
  /** Websockets and event streams, at most half of the connections; shared among the projects. */
  streamsPerProcess: 4_000,
  /** Fewer if the system allows less than twice as many open files. */
  connections: 10_000,
  idCharacters: 128,
} as const;

/** LIMIT_EXCEEDED with the limit and the actual value. */
export const limitExceeded = (what: string, limit: number, actual: number | string): GraphQLError =>
  requestError("LIMIT_EXCEEDED", `${what}: at most ${limit}, got ${actual}.`);

/** LIMIT_EXCEEDED when a variable nests too deep. */
export function checkVariables(variables: object | null | undefined): GraphQLError | null {
  const depth = limits.variablesDepth;
  if (!variables || !Object.values(variables).some((value) => isTooDeep(value, depth))) return null;
  return limitExceeded("Levels of a variable", depth, "more");
}
