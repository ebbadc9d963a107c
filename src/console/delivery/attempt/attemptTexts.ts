import type { Json } from "../../gql/graphql.ts";

/** What was sent and answered in an attempt, as far as its texts need it. */
export type Exchange = {
  number: number;
  outcome: string;
  statusCode: number | null;
  error: string | null;
  remoteAddress: string | null;
  requestHeaders: Json;
  responseHeaders: Json;
  responseBody: string | null;
};

/** The headers as names and values. */
export const headersOf = (headers: Json): [name: string, value: string][] =>
  typeof headers === "object" && headers !== null
    ? Object.entries(headers).map(([name, value]) => [
        name,
        typeof value === "string" ? value : JSON.stringify(value),
      ])
    : [];

const linesOf = (headers: Json) => headersOf(headers).map(([name, value]) => `${name}: ${value}`);

/** Quoted for a POSIX shell. */
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** curl sets these itself. */
const ofCurl = ["content-length", "host", "connection", "transfer-encoding", "accept-encoding"];

/** The request as a command of curl. Values that the hub does not show read [redacted]. */
export function curlOf({ requestHeaders }: Exchange, url: string, body: string): string {
  const headers = headersOf(requestHeaders)
    .filter(([name]) => !ofCurl.includes(name.toLowerCase()))
    .map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`);
  return ["curl", quoted(url), ...headers, `--data-binary ${quoted(body)}`].join(" \\\n  ");
}

/** The request as it was sent. */
export const requestText = ({ requestHeaders }: Exchange, url: string, body: string): string =>
  [`POST ${url}`, ...linesOf(requestHeaders), "", body].join("\n");

/** The response as it came; what went wrong if there is none. */
export function responseText({ statusCode, error, ...rest }: Exchange): string {
  if (statusCode === null) return error ?? "No response.";
  return [
    `Status ${statusCode}`,
    ...linesOf(rest.responseHeaders),
    "",
    rest.responseBody ?? "",
  ].join("\n");
}

/** What became of the attempt, as a sentence. */
export function sentenceOf({ outcome, statusCode, error }: Exchange): string | null {
  const why = error === null ? "" : `: ${error}`;
  switch (outcome) {
    case "SUCCESS":
      return null;
    case "RESPONSE_ERROR":
      return error === `status ${statusCode}`
        ? `The server answered with status ${statusCode}.`
        : `The server’s answer was no success${why}.`;
    case "SUBSCRIBER_GONE":
      return `The server answered with status ${statusCode}, which ends the subscription.`;
    case "CONNECTION_ERROR":
      return `The server gave no answer${why}.`;
    case "UNKNOWN":
      return "The hub stopped before it got an answer; the server may have received the request.";
    default:
      return `The hub did not send the request${why}.`;
  }
}
