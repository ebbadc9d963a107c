import { STATUS_CODES } from "node:http";
import { type RequestErrorCode, requestErrorStatus } from "../../graphql/gate/requestError.ts";
import { UserError, type UserErrorCode, type UserErrorDetail } from "../../util/userError.ts";
import type { MaskError } from "../gate/maskError.ts";
import type { RequestIds } from "../gate/request.ts";
import type { DoorResponse, Failure } from "./door.ts";

/** The status of the caller's mistakes; of the others it is 422. */
const userErrorStatus: Partial<Record<UserErrorCode, number>> = {
  NOT_FOUND: 404,
  NAME_TAKEN: 409,
  IDEMPOTENCY_CONFLICT: 409,
  BREAKING_CHANGE: 409,
  NOT_ALLOWED_NOW: 409,
  ACTION_BUSY: 409,
  ACTION_COMPLETE: 409,
  ACTION_EXPIRED: 409,
  LIMIT_REACHED: 409,
};

/** Several mistakes of different kinds are 422. */
function statusOf(entries: readonly UserErrorDetail[]): number {
  const [status, ...others] = new Set(entries.map(({ code }) => userErrorStatus[code] ?? 422));
  return status === undefined || others.length > 0 ? 422 : status;
}

/** Converts an error. What the caller may not see becomes a request id and is logged. */
export function toFailure(error: unknown, request: RequestIds, maskError: MaskError): Failure {
  const { requestId } = request;
  if (error instanceof UserError) {
    const code = error.entries[0]?.code ?? "INVALID";
    const { entries: errors, message } = error;
    return { status: statusOf(errors), code, message, errors, requestId, headers: {} };
  }
  const { message, extensions } = maskError(error, request);
  const code = extensions.code as RequestErrorCode;
  const status = requestErrorStatus[code];
  const headers = {
    ...(status === 401 && { "www-authenticate": "Bearer" }),
    ...(status === 405 && { allow: String(extensions.allow) }),
    ...((status === 429 || status === 503) && {
      "retry-after": String(extensions.retryAfter ?? 1),
    }),
  };
  return { status, code, message, errors: [{ code, path: [], message }], requestId, headers };
}

/** RFC 9457. */
export const renderProblem = ({ status, message, errors, requestId }: Failure): DoorResponse => ({
  status,
  body: {
    type: "about:blank",
    title: STATUS_CODES[status],
    status,
    detail: message,
    errors,
    requestId,
  },
  headers: { "content-type": "application/problem+json" },
});

/** For clients that only show a text. */
export const renderMessage = ({ status, message }: Failure): DoorResponse => ({
  status,
  body: { message },
});
