import { isTooDeep } from "../../util/json/jsonDepth.ts";

/**
 * The output of a step that succeeded, for later steps and readers, as JSON text: `{ status, response }`. `response` is
 * the response body verbatim when it is JSON, otherwise its text. JSON nested deeper than documents may be counts as
 * text, because neither this process nor PostgreSQL could write it. For a truncated response `response` is left out, so
 * that a template that reads it fails with its name.
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
    // Not JSON.
  }
  return JSON.stringify(text);
}
