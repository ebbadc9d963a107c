import { GraphQLError } from "graphql";
import { isDatabaseAway, topLevelError } from "../../graphql/builder/errors.ts";
import { requestError, requestErrorStatus } from "../../graphql/gate/requestError.ts";
import type { Logger } from "../../log.ts";
import { traceFields } from "../../util/traceContext.ts";
import type { RequestIds } from "./request.ts";

/** The thrown error itself, under the wrappers that execution puts around it. */
function unwrap(error: unknown): unknown {
  if (!(error instanceof GraphQLError)) return error;
  const inner = error.originalError ?? undefined;
  return inner === undefined ? error : unwrap(inner);
}

export type MaskError = (error: unknown, request: RequestIds) => GraphQLError;

/**
 * Converts an error to what the caller may see: request errors unchanged, any other error as a
 * request id. The original is logged with that id.
 */
export const createMaskError =
  (log: Logger): MaskError =>
  (error, { requestId, trace }) => {
    const original = unwrap(error);
    const at = error instanceof GraphQLError ? error : undefined;
    const place = {
      ...(at?.nodes && { nodes: at.nodes }),
      ...(at?.source && { source: at.source }),
      ...(at?.positions && { positions: at.positions }),
      ...(at?.path && { path: at.path }),
    };
    const visible = topLevelError(original);
    if (visible)
      return new GraphQLError(visible.message, { ...place, extensions: visible.extensions });
    if (original instanceof GraphQLError) {
      const known = Object.hasOwn(requestErrorStatus, String(original.extensions.code));
      const extensions = known ? original.extensions : { code: "BAD_REQUEST" };
      // The wrapper's message includes the location within the variable.
      return new GraphQLError(at?.message ?? original.message, { ...place, extensions });
    }
    const isUnavailable = isDatabaseAway(original);
    const line = { err: original, requestId, ...traceFields(trace) };
    if (isUnavailable) log.warn(line, "the database is not available");
    else log.error(line, "a request failed");
    const masked = isUnavailable
      ? requestError("UNAVAILABLE", `The database is not available. Request id: ${requestId}`)
      : requestError("INTERNAL_SERVER_ERROR", `Internal error. Request id: ${requestId}`);
    return new GraphQLError(masked.message, {
      ...place,
      extensions: { ...masked.extensions, requestId },
    });
  };
