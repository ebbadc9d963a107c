import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import type { Logger } from "../log.ts";
import { type ApiDeps, createApi } from "./api.ts";
import { limitConnections } from "./connections.ts";
import { sendJson } from "./headers.ts";
import { answerAlive, createReady, type ReadyCheck } from "./health.ts";
import { createMetricsPage, type Metrics } from "./metrics.ts";
import { discardBody } from "./post/body.ts";
import { createInOrder } from "./post/inOrder.ts";
import { pathPrefix, removePrefix, toOriginForm } from "./prefix.ts";
import { RequestToUpgrade } from "./socket/requestToUpgrade.ts";
import { refuseUpgrade } from "./socket/websocket.ts";

export type HttpOptions = {
  host: string;
  /** 0 chooses a free port. */
  port: number;
  log: Logger;
  ready: ReadyCheck;
  metrics: Metrics["pages"];
  /** Absent without the role `api`; the process then serves only health and metrics. */
  api?: ApiDeps;
};

/**
 * A listening server. Disposing it ends all streams and waits up to 10 s for requests in flight.
 */
export type HttpServer = AsyncDisposable & { port: number; url: string };

/** The server cannot listen. The message tells the operator how to fix it. */
export class ListenError extends Error {
  override name = "ListenError" as const;
}

const STALLED_MS = 60_000;
const DRAIN_MS = 10_000;
/** How often a shutdown closes connections that have become idle. */
const IDLE_CHECK_MS = 50;

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const why = error.code === "EADDRINUSE" ? "another process listens there" : error.message;
      reject(new ListenError(`Cannot listen on ${host}:${port}: ${why}; set HOST or PORT.`));
    });
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}

const pathOf = (req: IncomingMessage) => (req.url ?? "/").split("?", 1)[0] ?? "/";

/** Wildcard addresses cannot be called. */
const everywhere = /^([0.]+|[0:]+)$/;

/** A URL that reaches a server on this host and port from the same machine. */
export function urlOf(host: string, port: number): string {
  if (everywhere.test(host)) return `http://localhost:${port}`;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** Starts the server. Throws ListenError when it cannot listen. */
export async function startHttp(options: HttpOptions): Promise<HttpServer> {
  const { host, log, ready, metrics } = options;
  const api = options.api && createApi(options.api, log);
  const answerReady = createReady(ready);
  const answerMetrics = createMetricsPage(metrics);

  const prefix = pathPrefix(options.api?.publicUrl);

  async function route(req: IncomingMessage, res: ServerResponse): Promise<void> {
    toOriginForm(req);
    removePrefix(req, prefix);
    const path = pathOf(req);
    if (path === "/graphql" && api) return api.graphql(req, res);
    if (path === "/session" && api) return api.session(req, res);
    const answered = api?.door(req, res, path);
    if (answered) return answered;
    if (req.method !== "GET" && req.method !== "HEAD") {
      await discardBody(req, res);
      return sendJson(res, 404, { error: "Not found." });
    }
    if (path === "/healthz") return answerAlive(res);
    if (path === "/readyz") return answerReady(res);
    if (path === "/metrics") return answerMetrics(res);
    if (api && /^\/docs(\/|$)/.test(path)) return api.docs(req, res, path);
    if (api) return api.console(req, res, path);
    sendJson(res, 404, { error: "Not found." });
  }

  const server = createServer(
    {
      keepAliveTimeout: 65_000,
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      connectionsCheckingInterval: 5_000,
      IncomingMessage: RequestToUpgrade,
    },
    createInOrder((req, res) => {
      // Otherwise a busy connection would keep a stopping process alive.
      if (!server.listening) res.shouldKeepAlive = false;
      route(req, res).catch((err) => {
        log.error({ err }, "a request failed");
        if (!res.headersSent) sendJson(res, 500, { error: "Internal error." });
        else res.destroy();
      });
    }),
  );
  // Closes connections without progress. Event streams and websockets send something every 12 s.
  server.setTimeout(STALLED_MS);
  limitConnections(server);
  server.on("upgrade", (req: IncomingMessage, socket: Duplex, head: Buffer) => {
    toOriginForm(req);
    removePrefix(req, prefix);
    if (pathOf(req) === "/graphql" && api) api.upgrade(req, socket, head);
    else refuseUpgrade(socket, "404 Not Found");
  });
  const port = await listen(server, host, options.port);

  return {
    port,
    url: urlOf(host, port),
    async [Symbol.asyncDispose]() {
      const drained = new Promise((resolve) => server.close(resolve));
      // Websockets and event streams do not end by themselves.
      await api?.[Symbol.asyncDispose]();
      const idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS);
      const deadline = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
      await drained;
      clearInterval(idle);
      clearTimeout(deadline);
    },
  };
}
