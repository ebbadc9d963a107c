import type { SecureContext } from "node:tls";
import { parseTarget, requestTarget } from "../../domain/hook/target.ts";
import { UserError } from "../../util/userError.ts";
import type { AddressGuard } from "../address/addressGuard.ts";
import { createResolver, type Resolver } from "../address/resolver.ts";
import { createProxyFor, type ProxySettings } from "../proxy/egressProxy.ts";
import { CallFailure, DeadlinePassed, toFailure } from "./callFailure.ts";
import { connect } from "./connect.ts";
import { type Connection, createConnectionPool, StaleConnection } from "./connectionPool.ts";
import { type Answer, exchange, type Message } from "./exchange.ts";
import { HubFailure } from "./hubFailure.ts";
import { answered, noAnswer, type Reply } from "./reply.ts";

type Method = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS";

export type PostRequest = {
  url: string;
  /** The hub adds host, connection, user-agent, accept-encoding and content-length. */
  headers: Record<string, string>;
  body: string;
  /** For connecting, sending, and the complete response together. */
  timeoutMs: number;
  /** Bytes of the response body to keep: default 16 KiB, at most 64 KiB. */
  keptBytes?: number;
  /** Default: POST. */
  method?: Method;
  /** On whose behalf, such as a project: name lookups are shared fairly among holders. */
  holder?: string;
  /** Interrupts the call. */
  signal?: AbortSignal;
  /** A certificate or authorities of its own. Connections are kept apart by `id`. */
  tls?: { id: string; context: SecureContext };
};

export type Poster = AsyncDisposable & {
  /**
   * Sends one request; does not follow redirects. Failures of the receiver or network are in the
   * reply, never thrown. Throws HubFailure if this process lacks a resource to connect; nothing was
   * sent then.
   */
  post(request: PostRequest): Promise<Reply>;
};

const sendsLength = new Set<Method>(["POST", "PUT", "PATCH"]);

/**
 * Makes the hub's outgoing calls: to allowed addresses, within a deadline, over reused connections.
 */
export function createPoster(options: {
  guard: AddressGuard;
  userAgent: string;
  requireHttps: boolean;
  resolver?: Resolver;
  /** Default: every target is called directly. */
  proxy?: ProxySettings | undefined;
}): Poster {
  const { guard, userAgent, requireHttps, resolver = createResolver() } = options;
  const network = { guard, resolver, proxyFor: createProxyFor(options.proxy) };
  const pool = createConnectionPool();
  /** Interrupts each call in progress. */
  const inFlight = new Set<() => void>();

  /** Sends over a kept or new connection. `used` is called for every connection. */
  async function send(
    url: URL,
    message: Message,
    way: { signal: AbortSignal; holder: string | undefined; tls: PostRequest["tls"] },
    used: (connection: Connection) => void,
  ): Promise<Answer> {
    const { signal, holder, tls } = way;
    const key = tls ? `${url.origin} ${tls.id}` : url.origin;
    const kept = pool.take(key);
    const connection =
      kept ??
      pool.adopt(
        url.origin,
        await connect(network, url, signal, { holder, context: tls?.context }),
        key,
      );
    used(connection);
    try {
      const answer = await exchange(connection, message, signal);
      if (answer.isComplete) pool.release(connection);
      return answer;
    } catch (error) {
      // Nothing of the message was written, so it can safely be sent again.
      if (kept && error instanceof StaleConnection) return send(url, message, way, used);
      if (kept && !signal.aborted) pool.distrust(kept);
      throw error;
    }
  }

  return {
    async post(request) {
      const { url: raw, headers, body: text, timeoutMs, keptBytes, signal } = request;
      const { method = "POST", holder, tls } = request;
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
        // undici writes these three itself; they are recorded for the attempt.
        requestHeaders = {
          host: url.host,
          connection: "keep-alive",
          ...sent,
          ...(hasLength ? { "content-length": String(body.length) } : {}),
        };
        const message = { path: requestTarget(raw), method, headers: sent, body };
        return send(url, message, { signal: stop.signal, holder, tls }, (connection) => {
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

/** A target may be a rendered template, so its syntax is checked again. */
function callable(raw: string, requireHttps: boolean): URL {
  try {
    return parseTarget(raw, { requireHttps });
  } catch (error) {
    if (error instanceof UserError) throw new CallFailure(`not sent: ${error.message}`, "REFUSED");
    throw error;
  }
}
