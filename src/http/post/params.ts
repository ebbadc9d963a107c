import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { requestError } from "../../graphql/gate/requestError.ts";
import { parseJson } from "../../util/parseJson.ts";
import { scanJson } from "../../util/scanJson.ts";
import { limitExceeded, limits } from "../gate/limits.ts";
import type { Params } from "../gate/operation.ts";

const bad = (message: string) => requestError("BAD_REQUEST", message);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What Apollo's clients look for: they send the whole query then, and no hashes any more. */
export const persistedQueryNotSupported = () =>
  requestError("PERSISTED_QUERY_NOT_SUPPORTED", "PersistedQueryNotSupported");

/** Whether a persisted query is asked for by its hash alone. */
export const isHashOnly = ({ query, extensions }: Record<string, unknown>): boolean =>
  query == null && isRecord(extensions) && isRecord(extensions.persistedQuery);

/** Only JSON: a form or plain text could be sent by any web page, without asking first. */
export function checkContentType(req: IncomingMessage): void {
  const [type, ...parameters] = (req.headers["content-type"] ?? "").toLowerCase().split(";");
  const charset = parameters.map((it) => it.trim()).find((it) => it.startsWith("charset="));
  const encoding = req.headers["content-encoding"] ?? "identity";
  const isJson = type?.trim() === "application/json";
  if (isJson && encoding === "identity" && /^(charset="?utf-8"?)?$/.test(charset ?? "")) return;
  throw requestError(
    "UNSUPPORTED_MEDIA_TYPE",
    "Send the operation as application/json, in UTF-8, not compressed.",
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

/** Reads the one operation of a POST's body. Throws the request errors above. */
export function readParams(body: Buffer): Params {
  if (!isUtf8(body)) throw bad("The body is not UTF-8.");
  const text = body.toString();
  const scan = scanJson(text);
  // The body, and `variables` in it, are two levels more.
  if (scan.depth > limits.variablesDepth + 2) {
    throw limitExceeded("Levels of a variable", limits.variablesDepth, "more");
  }
  let value: unknown;
  try {
    value = parseJson(text, scan);
  } catch {
    throw bad("The body is not valid JSON.");
  }
  return checkParams(value);
}
