import { jsonText } from "../../util/json/exactJson.ts";
import { isTooDeep, MAX_JSON_DEPTH } from "../../util/json/jsonDepth.ts";
import type { UserErrorDetail } from "../../util/userError.ts";

/** The JSON text of a document, or what is wrong with it: too large, or nested too deep. */
export function documentText(
  value: unknown,
  path: string[],
  maxBytes: number,
): string | null | UserErrorDetail {
  if (value === undefined || value === null) return null;
  const field = path.join(".");
  const invalid = (message: string): UserErrorDetail => ({ code: "INVALID", message, path });
  if (isTooDeep(value))
    return invalid(`${field} may be nested ${MAX_JSON_DEPTH} levels deep at most`);
  const text = jsonText(value);
  const bytes = Buffer.byteLength(text);
  if (bytes <= maxBytes) return text;
  const limit = `${maxBytes} bytes (${maxBytes / 1024} KiB)`;
  return invalid(`${field} may take ${limit} as JSON at most, this takes ${bytes}`);
}
