import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { GRAPHQL_TRANSPORT_WS_PROTOCOL } from "graphql-ws";
import { type WebSocket, WebSocketServer } from "ws";
import type { Logger } from "../../log.ts";
import { limits } from "../gate/limits.ts";
import type { Origins } from "../origins.ts";
import { createProtocol, type ProtocolDeps } from "./protocol.ts";
import { openChannel, type SocketChannel } from "./socketChannel.ts";

/**
 * The websocket server. `upgrade` handles upgrade requests for /graphql; disposing it closes all
 * sockets with 1012.
 */
export type WebSockets = AsyncDisposable & {
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void;
};
type WebSocketDeps = ProtocolDeps & { log: Logger; origins: Origins };

const PING_MS = 12_000;
const PROGRESS_CHECK_MS = 1_000;
/** Time for clients to answer the close frame of a shutdown. */
const GOODBYE_MS = 1_000;

/** Rejects an upgrade request. */
export function refuseUpgrade(socket: Duplex, status: string, why = ""): void {
  socket.on("error", () => {});
  socket.end(
    `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(why)}\r\n\r\n${why}`,
  );
}

export function createWebSockets(deps: WebSocketDeps): WebSockets {
  const { log, origins, sockets } = deps;
  const speak = createProtocol(deps);
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: limits.frameBytes,
    perMessageDeflate: false,
    handleProtocols: (offered) =>
      offered.has(GRAPHQL_TRANSPORT_WS_PROTOCOL) && GRAPHQL_TRANSPORT_WS_PROTOCOL,
  });
  const channels = new Set<SocketChannel>();

  function accept(socket: WebSocket, wire: Duplex, authorization: string | undefined): void {
    const channel = openChannel(socket, wire, (err) => log.error({ err }, "a websocket failed"));
    channels.add(channel);
    socket.once("close", () => channels.delete(channel));
    speak(channel, authorization);
  }

  const timers = [
    setInterval(() => channels.forEach((channel) => void channel.ping()), PING_MS),
    setInterval(
      () => channels.forEach((channel) => void channel.checkProgress()),
      PROGRESS_CHECK_MS,
    ),
  ];
  for (const timer of timers) timer.unref();

  return {
    upgrade(req, socket, head) {
      const why = origins.refusal(req);
      if (why !== null) return refuseUpgrade(socket, "403 Forbidden", why);
      const { authorization } = req.headers;
      server.handleUpgrade(req, socket, head, (client) => accept(client, socket, authorization));
    },
    async [Symbol.asyncDispose]() {
      for (const timer of timers) clearInterval(timer);
      sockets[Symbol.dispose]();
      for (const channel of channels) channel.close(1012, "restart");
      const deadline = setTimeout(() => {
        for (const client of server.clients) client.terminate();
      }, GOODBYE_MS);
      await Promise.all(
        [...server.clients].map((it) => new Promise((resolve) => it.once("close", resolve))),
      );
      clearTimeout(deadline);
    },
  };
}
