import { jsonText } from "../../util/exactJson.ts";
import type { UserErrorDetail } from "../../util/userError.ts";

/** The most levels that a document may nest. */
const MAX_DEPTH = 64;

/** The JSON text of a document, or the error when it is too large or nested too deeply. */
export function documentText(
  value: unknown,
  path: string[],
  maxBytes: number,
): string | null | UserErrorDetail {
  if (value === undefined || value === null) return null;
  const field = path.join(".");
  const invalid = (message: string): UserErrorDetail => ({ code: "INVALID", message, path });
  if (isTooDeep(value)) return invalid(`${field} may be nested ${MAX_DEPTH} levels deep at most`);
  const text = jsonText(value);
  const bytes = Buffer.byteLength(text);
  if (bytes <= maxBytes) return text;
  const limit = `${maxBytes} bytes (${maxBytes / 1024} KiB)`;
  return invalid(`${field} may take ${limit} as JSON at most, this takes ${bytes}`);
}

/** Whether a JSON value is nested deeper than documents may be: serializing it could overflow the stack. */
export const isTooDeep = (value: unknown): boolean => depthOf(value) > MAX_DEPTH;

/** The nesting depth of a JSON value; stops just beyond the limit. */
function depthOf(value: unknown, depth = 0): number {
  if (typeof value !== "object" || value === null || depth > MAX_DEPTH) return depth;
  let deepest = depth + 1;
  for (const item of Object.values(value)) deepest = Math.max(deepest, depthOf(item, depth + 1));
  return deepest;
}
