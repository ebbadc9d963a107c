import type { IncomingHttpHeaders } from "node:http";
import type { OperationName } from "../../domain/project/roles.ts";
import type { Context } from "../../graphql/builder/context.ts";
import type { RequestErrorCode } from "../../graphql/gate/requestError.ts";
import type { UserErrorCode } from "../../util/userError.ts";

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** A request whose key is good for the route. */
export type DoorRequest = {
  /** The caller and the services, as GraphQL's resolvers get them. */
  context: Context;
  /** The parts of the path that the pattern names, decoded. */
  params: Readonly<Record<string, string>>;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  /** Empty for GET. `readJson` reads it. */
  body: Buffer;
};

/** `body` is written as JSON, absent for none; stored JSON text is a `RawJson` in it. */
export type DoorResponse = {
  status: number;
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
};

/**
 * A method of a path. A segment of the pattern is a text, `{name}`, or `{name:expression}` for what
 * matches a regular expression as a whole; the last one may be `{name*}`, for all that follows, which is not told. The
 * most specific pattern wins.
 */
export type Route = { method: Method; path: string } & (
  | {
      /** The operation that the route stands for: the same roles may use it. */
      operation: OperationName;
      handle(request: DoorRequest): Promise<DoorResponse>;
      /** Long polls: the most that `handle` waits, in ms; it ends early when `context.ended` aborts. */
      waitsMs?: number;
    }
  /** For everybody, without a key. */
  | { open(): DoorResponse }
);

type FailureCode = RequestErrorCode | UserErrorCode;

/** Why a request failed, as its caller may see it. */
export type Failure = {
  status: number;
  code: FailureCode;
  message: string;
  /** One for each mistake; at least one. */
  errors: { code: FailureCode; path: string[]; message: string }[];
  requestId: string;
  headers: Readonly<Record<string, string>>;
};

/** A family of routes with one way to tell errors. */
export type Door = {
  /** Every path that begins so belongs to the door, also where it has no route. */
  prefixes: readonly string[];
  routes: readonly Route[];
  renderFailure(failure: Failure): DoorResponse;
};
