import { isUtf8 } from "node:buffer";
import type { IncomingHttpHeaders } from "node:http";
import { requestError } from "../../graphql/gate/requestError.ts";
import { parseJson } from "../../util/json/parseJson.ts";
import { scanJson } from "../../util/json/scanJson.ts";
import { limitExceeded, limits } from "../gate/limits.ts";

const bad = (message: string) => requestError("BAD_REQUEST", message);

/** The media type of an uncompressed body in UTF-8, in lower case; undefined for any other body. */
export function mediaTypeOf(headers: IncomingHttpHeaders): string | undefined {
  const [type, ...parameters] = (headers["content-type"] ?? "").toLowerCase().split(";");
  const charset = parameters.map((it) => it.trim()).find((it) => it.startsWith("charset="));
  const encoding = headers["content-encoding"] ?? "identity";
  const isReadable = encoding === "identity" && /^(charset="?utf-8"?)?$/.test(charset ?? "");
  return isReadable ? type?.trim() : undefined;
}

/**
 * Parses a body exactly (util/exactJson.ts). `around`: the levels that a message adds to the values
 * in it. Throws BAD_REQUEST or LIMIT_EXCEEDED.
 */
export function parseBody(body: Buffer, around = 2, what = "a variable"): unknown {
  if (!isUtf8(body)) throw bad("The body is not UTF-8.");
  const text = body.toString();
  const scan = scanJson(text);
  if (scan.depth > limits.variablesDepth + around) {
    throw limitExceeded(`Levels of ${what}`, limits.variablesDepth, "more");
  }
  try {
    return parseJson(text, scan);
  } catch {
    throw bad("The body is not valid JSON.");
  }
}
