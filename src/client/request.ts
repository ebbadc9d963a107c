import { readJson } from "./bigJson.ts";
import { SignalboxError, signalboxError, type UserError } from "./signalboxError.ts";

/** Where the hub is, and the key to it. */
export type Endpoint = {
  url: string;
  key: string;
  /** Reads its answers; default readJson. */
  parse?: (json: string) => unknown;
};

/** The hub answers within 30 s, or that it could not. */
const ANSWER_MS = 40_000;

/** Sends one operation; the answer's body is not read yet. Throws UNREACHABLE. */
export async function post(
  { url, key }: Endpoint,
  body: string,
  accept: string,
  signal: AbortSignal,
): Promise<Response> {
  try {
    return await fetch(url, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json", accept },
      body,
      signal,
    });
  } catch (cause) {
    throw unreachable(url, cause);
  }
}

export function unreachable(url: string, cause: unknown): SignalboxError {
  const { cause: inner } = cause as { cause?: unknown };
  const why = inner instanceof Error ? inner.message : String((cause as Error)?.message ?? cause);
  // Whether a call whose answer was lost has been done is not known.
  return signalboxError("UNREACHABLE", `no answer from ${url}: ${why}`, {
    cause,
    mayBeDone: true,
  });
}

type Answer = {
  data?: unknown;
  errors?: {
    message: string;
    path?: (string | number)[];
    extensions?: { code?: string; retryAfter?: number };
  }[];
};

/** Sends one query or mutation and gives its data. Throws SignalboxError, or the signal's reason. */
export async function send<Data>(
  endpoint: Endpoint,
  body: string,
  signal?: AbortSignal,
): Promise<Data> {
  const late = AbortSignal.timeout(ANSWER_MS);
  const ended = signal ? AbortSignal.any([signal, late]) : late;
  let response: Response;
  let text: string;
  try {
    response = await post(endpoint, body, "application/json", ended);
    text = await response.text();
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof SignalboxError ? error : unreachable(endpoint.url, error);
  }
  const answer = answerOf(endpoint, response, text);
  if (answer.errors?.length) throw refusal(answer, retryAfterOf(response));
  return answer.data as Data;
}

/** The answer as GraphQL. Throws when somebody else has answered, such as a proxy. */
export function answerOf(
  { url, parse = readJson }: Endpoint,
  response: Response,
  text: string,
): Answer {
  try {
    const answer = parse(text) as Answer;
    if (answer.data !== undefined || answer.errors) return answer;
  } catch {}
  const { status } = response;
  const isBusy = status === 429 || status >= 500;
  const shown = text.slice(0, 100).replace(/\s+/g, " ");
  throw signalboxError(
    isBusy ? "UNREACHABLE" : "BAD_ANSWER",
    `${url} answered ${status} with what is no answer of a hub: ${shown || "nothing"}`,
    { retryAfterMs: retryAfterOf(response), mayBeDone: isBusy && status !== 429 },
  );
}

const UNKNOWN_OUTCOME = new Set([
  "TIMEOUT",
  "QUERY_TIMEOUT",
  "UNAVAILABLE",
  "INTERNAL_SERVER_ERROR",
]);

/** The error of an answer that has errors. */
export function refusal({ data, errors = [] }: Answer, headerMs: number | null = null) {
  const mistakes = errors.map(
    ({ message, path = [], extensions }): UserError => ({
      code: extensions?.code ?? "BAD_REQUEST",
      message,
      path: path.map(String),
    }),
  );
  const [first = { code: "BAD_ANSWER", message: "errors without one", path: [] }, ...others] =
    mistakes;
  const mayBeDone = data != null || UNKNOWN_OUTCOME.has(first.code);
  // In a stream there is no header, and pages of other origins do not see it.
  const seconds = errors[0]?.extensions?.retryAfter;
  const retryAfterMs = headerMs ?? (seconds === undefined ? null : seconds * 1_000);
  return new SignalboxError([first, ...others], { retryAfterMs, mayBeDone });
}

/** `Retry-After` in milliseconds: it is in seconds, or a date. */
export function retryAfterOf({ headers }: Response): number | null {
  const value = headers.get("retry-after");
  if (value === null) return null;
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now();
  return Number.isNaN(ms) ? null : Math.max(0, ms);
}
