import type { GraphQLError } from "graphql";
import { requestError } from "../../graphql/gate/requestError.ts";
import { isTooDeep, MAX_JSON_DEPTH } from "../../util/jsonDepth.ts";

/** The limits of one request over either door; docs/limits.md repeats them. */
export const limits = {
  bodyBytes: 4 * 1024 * 1024,
  /** How long a body may take to come. */
  bodyMs: 20_000,
  /** Bodies that are read or whose operations run; shared by the projects. */
  requestBytesPerProcess: 64 * 1024 * 1024,
  frameBytes: 1024 * 1024,
  characters: 15_000,
  tokens: 2_000,
  /** Of any kind, one in another: more than fields and values of the deepest kind need together. */
  brackets: 100,
  depth: 12,
  aliases: 30,
  rootFields: 20,
  directives: 20,
  /** Validation compares what may overlap, each with each: same fields side by side, and fragments. */
  overlaps: 50,
  cost: 2_000,
  introspection: 20_000,
  variablesDepth: MAX_JSON_DEPTH,
  /** How long an operation may take, waiting included. */
  operationMs: 30_000,
  /** While PostgreSQL is slow, what has come would otherwise pile up without end. Shared by the projects. */
  operationsPerProcess: 10_000,
  /** Calls that wait for what they have emitted or pressed to end; shared by the projects. */
  waitsPerProcess: 2_000,
  /** What requests under way have read and put into their answers. */
  memoryMiB: 256,
  memoryMiBOfProject: 96,
  initMs: 3_000,
  subscriptionsPerSocket: 50,
  operationsPerSocket: 100,
  streamsPerKey: 100,
  /** Live subscriptions; shared by the projects. */
  subscriptionsPerProcess: 20_000,
  /** Sockets and event streams, at most half of the connections; shared by the projects. */
  streamsPerProcess: 4_000,
  /** Fewer where the system allows fewer than twice as many open files. */
  connections: 10_000,
  idCharacters: 128,
} as const;

/** An answer of LIMIT_EXCEEDED that says the limit and what came. */
export const limitExceeded = (what: string, limit: number, actual: number | string): GraphQLError =>
  requestError("LIMIT_EXCEEDED", `${what}: at most ${limit}, got ${actual}.`);

/** LIMIT_EXCEEDED when a variable nests too deep. */
export function checkVariables(variables: object | null | undefined): GraphQLError | null {
  const depth = limits.variablesDepth;
  if (!variables || !Object.values(variables).some((value) => isTooDeep(value, depth))) return null;
  return limitExceeded("Levels of a variable", depth, "more");
}
