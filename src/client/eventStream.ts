import { answerOf, type Endpoint, post, refusal, retryAfterOf, unreachable } from "./request.ts";
import { SignalboxError } from "./signalboxError.ts";

/** The hub sends something at least every 12 s, so that silence means a dead connection. */
const SILENCE_MS = 30_000;

/** Subscribes over server-sent events, and gives each result until the connection ends. Throws SignalboxError. */
export async function* eventStream(
  endpoint: Endpoint,
  body: string,
  signal: AbortSignal,
): AsyncGenerator<Record<string, unknown>> {
  const dead = new AbortController();
  const ended = AbortSignal.any([signal, dead.signal]);
  const silence = <Result>(work: Promise<Result>): Promise<Result> => {
    const timer = setTimeout(() => dead.abort(new Error("the connection is silent")), SILENCE_MS);
    return work.finally(() => clearTimeout(timer));
  };
  try {
    const response = await silence(post(endpoint, body, "text/event-stream", ended));
    const isStream = response.headers.get("content-type")?.startsWith("text/event-stream");
    if (!isStream || !response.body) {
      const answer = answerOf(endpoint, response, await silence(response.text()));
      throw refusal(answer, retryAfterOf(response));
    }
    const reader = response.body.getReader();
    const decoder = new TextDecoder();
    let rest = "";
    while (true) {
      const { done, value } = await silence(reader.read());
      if (done) return;
      // The hub writes each result as one line.
      const lines = (rest + decoder.decode(value, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const text = line.startsWith("data:") ? line.slice("data:".length).trim() : "";
        if (text === "") continue;
        const { data, errors } = answerOf(endpoint, response, text);
        if (errors?.length) throw refusal({ errors });
        yield data as Record<string, unknown>;
      }
    }
  } catch (error) {
    throw error instanceof SignalboxError ? error : unreachable(endpoint.url, error);
  } finally {
    dead.abort();
  }
}
