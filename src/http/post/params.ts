import type { IncomingMessage } from "node:http";
import { requestError } from "../../graphql/gate/requestError.ts";
import type { Params } from "../gate/operation.ts";
import { mediaTypeOf, parseBody } from "./jsonBody.ts";

const bad = (message: string) => requestError("BAD_REQUEST", message);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Apollo clients look for this error: they then send the full query and no more hashes. */
export const persistedQueryNotSupported = () =>
  requestError("PERSISTED_QUERY_NOT_SUPPORTED", "PersistedQueryNotSupported");

/** Whether a request contains only the hash of a persisted query. */
export const isHashOnly = ({ query, extensions }: Record<string, unknown>): boolean =>
  query == null && isRecord(extensions) && isRecord(extensions.persistedQuery);

/** Accepts only JSON: any web page can send a form or plain text without a preflight. */
export function checkContentType(req: IncomingMessage): void {
  if (mediaTypeOf(req.headers) === "application/json") return;
  throw requestError(
    "UNSUPPORTED_MEDIA_TYPE",
    "Send the operation as application/json in UTF-8, uncompressed.",
  );
}

/** One operation, or BAD_REQUEST that says what is wrong with the message. */
function checkParams(value: unknown): Params {
  if (Array.isArray(value)) throw bad("One operation a request: send an object, not a list.");
  if (!isRecord(value)) throw bad("The body must be a JSON object.");
  if (isHashOnly(value)) throw persistedQueryNotSupported();
  const { query, variables, operationName } = value;
  if (typeof query !== "string") throw bad("query must be a string: the GraphQL document.");
  if (variables !== undefined && variables !== null && !isRecord(variables)) {
    throw bad("variables must be an object.");
  }
  if (operationName !== undefined && operationName !== null && typeof operationName !== "string") {
    throw bad("operationName must be a string.");
  }
  return { query, variables, operationName };
}

/** Parses the operation of a POST body. Throws request errors. */
export const readParams = (body: Buffer): Params => checkParams(parseBody(body));
