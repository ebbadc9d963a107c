import { isTooDeep } from "../../util/jsonDepth.ts";

/**
 * What later steps and readers see of a step that succeeded, as JSON text: `{ status, response }`. `response` is the
 * very JSON of the answer when it is JSON, else its text. JSON nested deeper than the hub takes documents counts as
 * text, for neither this process nor PostgreSQL could write it. An answer that was cut is no answer to build on: its
 * `response` is left out, so that using it fails by name.
 */
export function stepOutput(answer: {
  statusCode: number | null;
  responseBody: string | null;
  responseTruncated: boolean | null;
}): string {
  const { statusCode, responseBody, responseTruncated } = answer;
  const status = JSON.stringify(statusCode);
  if (responseTruncated) return `{"status":${status}}`;
  return `{"status":${status},"response":${jsonOf(responseBody ?? "")}}`;
}

function jsonOf(text: string): string {
  try {
    if (!isTooDeep(JSON.parse(text))) return text;
  } catch {
    // No JSON.
  }
  return JSON.stringify(text);
}
