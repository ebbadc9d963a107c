import { GraphQLError } from "graphql";
import { topLevelError } from "../../graphql/builder/errors.ts";
import { requestError, requestErrorStatus } from "../../graphql/gate/requestError.ts";
import type { Logger } from "../../log.ts";

/** postgres.js and the socket under it; the rest are classes of SQLSTATE. */
const awayCodes = new Set([
  "CONNECT_TIMEOUT",
  "CONNECTION_CLOSED",
  "CONNECTION_DESTROYED",
  "CONNECTION_ENDED",
  "EAI_AGAIN",
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOENT",
  "ENOTFOUND",
  "EPIPE",
  "ETIMEDOUT",
  "25006", // read-only: a standby, or a server that is being moved
  "55000", // the database is closed to connections
  "55P03", // lock_timeout
  "57014", // statement_timeout
  "57P01",
  "57P02",
  "57P03",
]);

/** Whether PostgreSQL is away, full, read-only or overloaded: what a later try may find mended. */
function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = "code" in error ? String(error.code) : "";
  // 08: connection exceptions; 53: disk full, out of memory, too many connections.
  return awayCodes.has(code) || /^(08|53)\w{3}$/.test(code) || isDatabaseAway(error.cause);
}

/** The thrown error itself, under the wrappers that execution puts around it. */
function unwrap(error: unknown): unknown {
  if (!(error instanceof GraphQLError)) return error;
  const inner = error.originalError ?? undefined;
  return inner === undefined ? error : unwrap(inner);
}

export type MaskError = (error: unknown, requestId: string) => GraphQLError;

/**
 * What the caller sees of an error: its own mistakes as they are, everything else as a request id. The original
 * is logged under that id.
 */
export const createMaskError =
  (log: Logger): MaskError =>
  (error, requestId) => {
    const original = unwrap(error);
    const at = error instanceof GraphQLError ? error : undefined;
    const place = {
      ...(at?.nodes && { nodes: at.nodes }),
      ...(at?.source && { source: at.source }),
      ...(at?.positions && { positions: at.positions }),
      ...(at?.path && { path: at.path }),
    };
    const told = topLevelError(original);
    if (told) return new GraphQLError(told.message, { ...place, extensions: told.extensions });
    if (original instanceof GraphQLError) {
      const known = Object.hasOwn(requestErrorStatus, String(original.extensions.code));
      const extensions = known ? original.extensions : { code: "BAD_REQUEST" };
      // The wrapper's message says where in a variable it is.
      return new GraphQLError(at?.message ?? original.message, { ...place, extensions });
    }
    const away = isDatabaseAway(original);
    if (away) log.warn({ err: original, requestId }, "the database is not available");
    else log.error({ err: original, requestId }, "a request failed");
    const masked = away
      ? requestError("UNAVAILABLE", `The database is not available. Request id: ${requestId}`)
      : requestError("INTERNAL_SERVER_ERROR", `Internal error. Request id: ${requestId}`);
    return new GraphQLError(masked.message, {
      ...place,
      extensions: { ...masked.extensions, requestId },
    });
  };
