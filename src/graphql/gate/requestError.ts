import { GraphQLError } from "graphql";

/** Codes of top-level errors and their HTTP status. */
export const requestErrorStatus = {
  PERSISTED_QUERY_NOT_SUPPORTED: 200, // not a failure: the client then sends the full query
  BAD_REQUEST: 400,
  GRAPHQL_PARSE_FAILED: 400,
  GRAPHQL_VALIDATION_FAILED: 400,
  LIMIT_EXCEEDED: 400,
  CURSOR_EXPIRED: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  METHOD_NOT_ALLOWED: 405,
  NOT_ACCEPTABLE: 406,
  REQUEST_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  TOO_MANY_REQUESTS: 429,
  INTERNAL_SERVER_ERROR: 500,
  UNAVAILABLE: 503,
  TIMEOUT: 504,
  QUERY_TIMEOUT: 504,
} as const;
export type RequestErrorCode = keyof typeof requestErrorStatus;

/** A top-level error that the caller may see. Any other thrown error is masked. */
export const requestError = (
  code: RequestErrorCode,
  message: string,
  extensions: Record<string, unknown> = {},
) => new GraphQLError(message, { extensions: { code, ...extensions } });
