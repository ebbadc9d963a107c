import { parseTarget, requestTarget } from "../../domain/hook/target.ts";
import { UserError } from "../../util/userError.ts";
import type { AddressGuard } from "../address/addressGuard.ts";
import { createResolver, type Resolver } from "../address/resolver.ts";
import { CallFailure, DeadlinePassed, toFailure } from "./callFailure.ts";
import { connect } from "./connect.ts";
import { type Connection, createConnectionPool, StaleConnection } from "./connectionPool.ts";
import { type Answer, exchange, type Message } from "./exchange.ts";
import { HubFailure } from "./hubFailure.ts";
import { answered, noAnswer, type Reply } from "./reply.ts";

type Method = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS";

export type PostRequest = {
  url: string;
  /** Beside these go host, connection, user-agent, accept-encoding and content-length. */
  headers: Record<string, string>;
  body: string;
  /** For connecting, sending, and the whole answer together. */
  timeoutMs: number;
  /** How much of the answer's body is kept: 16 KiB when absent, 64 KiB at most. */
  keptBytes?: number;
  /** POST when absent. */
  method?: Method;
  /** For whom it is made, such as a project: name look-ups are shared among holders. */
  holder?: string;
  /** Ends the call early, as interrupted. */
  signal?: AbortSignal;
};

export type Poster = AsyncDisposable & {
  /**
   * One request, no redirects; whatever the receiver or the network does is in the reply, never thrown. Throws
   * HubFailure when this process lacks what it needs to connect: then nothing was sent.
   */
  post(request: PostRequest): Promise<Reply>;
};

const sendsLength = new Set<Method>(["POST", "PUT", "PATCH"]);

/** Makes the hub's outgoing calls: to allowed addresses, within a deadline, over kept connections. */
export function createPoster(options: {
  guard: AddressGuard;
  userAgent: string;
  requireHttps: boolean;
  resolver?: Resolver;
}): Poster {
  const { guard, userAgent, requireHttps, resolver = createResolver() } = options;
  const pool = createConnectionPool();
  /** Ends each of the calls that are under way. */
  const inFlight = new Set<() => void>();

  /** Sends over a kept connection or a new one; `used` hears of every connection that is taken. */
  async function send(
    url: URL,
    message: Message,
    { signal, holder }: { signal: AbortSignal; holder: string | undefined },
    used: (connection: Connection) => void,
  ): Promise<Answer> {
    const kept = pool.take(url.origin);
    const connection =
      kept ?? pool.adopt(url.origin, await connect(guard, resolver, url, signal, holder));
    used(connection);
    try {
      const answer = await exchange(connection, message, signal);
      if (answer.isComplete) pool.release(connection);
      return answer;
    } catch (error) {
      // Nothing of the message was written, so sending it again is still the one time.
      if (kept && error instanceof StaleConnection)
        return send(url, message, { signal, holder }, used);
      if (kept && !signal.aborted) pool.distrust(kept);
      throw error;
    }
  }

  return {
    async post(request) {
      const { url: raw, headers, body: text, timeoutMs, keptBytes, signal } = request;
      const { method = "POST", holder } = request;
      const startedAt = performance.now();
      const body = Buffer.from(text);
      let requestHeaders = headers;
      let remoteAddress: string | null = null;

      const stop = new AbortController();
      const timer = setTimeout(() => stop.abort(deadline(timeoutMs)), timeoutMs);
      const interrupt = () => stop.abort(new CallFailure("interrupted: the hub stopped waiting"));
      if (signal?.aborted) interrupt();
      signal?.addEventListener("abort", interrupt);
      inFlight.add(interrupt);

      const received = await call()
        .then(
          (answer) => answered(answer, keptBytes),
          (error) => {
            if (error instanceof HubFailure) throw error;
            return noAnswer(toFailure(error));
          },
        )
        .finally(() => {
          clearTimeout(timer);
          signal?.removeEventListener("abort", interrupt);
          inFlight.delete(interrupt);
        });
      const elapsedMs = Math.round(performance.now() - startedAt);
      return { ...received, remoteAddress, elapsedMs, requestHeaders };

      async function call(): Promise<Answer> {
        const url = callable(raw, requireHttps);
        const sent = { "user-agent": userAgent, "accept-encoding": "identity", ...headers };
        const hasLength = body.length > 0 || sendsLength.has(method);
        // undici writes these three itself.
        requestHeaders = {
          host: url.host,
          connection: "keep-alive",
          ...sent,
          ...(hasLength ? { "content-length": String(body.length) } : {}),
        };
        const message = { path: requestTarget(raw), method, headers: sent, body };
        return send(url, message, { signal: stop.signal, holder }, (connection) => {
          remoteAddress = connection.address;
        });
      }
    },

    async [Symbol.asyncDispose]() {
      for (const interrupt of inFlight) interrupt();
      await pool.close();
    },
  };
}

const deadline = (ms: number) => new DeadlinePassed(`timeout: no complete answer within ${ms} ms`);

/** A target may be a rendered template, so its form is checked again. */
function callable(raw: string, requireHttps: boolean): URL {
  try {
    return parseTarget(raw, { requireHttps });
  } catch (error) {
    if (error instanceof UserError) throw new CallFailure(`not sent: ${error.message}`, "REFUSED");
    throw error;
  }
}
