import { parseJson } from "../util/parseJson.ts";
import { isTooDeep } from "./documentText.ts";

/**
 * What later steps and readers see of a step that succeeded: `response` is JSON when it is, else text. JSON nested
 * deeper than the hub takes documents counts as text, for neither this process nor PostgreSQL could write it.
 */
export type StepOutput = { status: number | null; response?: unknown };

/** An answer that was cut is no answer to build on: its `response` is left out, so that using it fails by name. */
export function stepOutput(answer: {
  statusCode: number | null;
  responseBody: string | null;
  responseTruncated: boolean | null;
}): StepOutput {
  const { statusCode: status, responseBody, responseTruncated } = answer;
  if (responseTruncated) return { status };
  const text = responseBody ?? "";
  try {
    const response: unknown = parseJson(text);
    return { status, response: isTooDeep(response) ? text : response };
  } catch {
    return { status, response: text };
  }
}
