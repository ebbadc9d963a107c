// Importing all of undici would load 90 more files (fetch, caches, websockets).
import Client from "undici/lib/dispatcher/client.js";
import { withinOpenFiles } from "../openFiles.ts";
import { type AnswerReader, readAnswers } from "./answerReader.ts";
import { CallFailure } from "./callFailure.ts";
import type { Connected } from "./connect.ts";

const maxIdle = withinOpenFiles(512, 1 / 8);
/**
 * Some receivers close right after a response without announcing it. This is enough time to notice.
 */
const settleMs = 10;
/** How long an origin is distrusted after it closed a reused connection. */
const distrustMs = 60_000;
const maxRemembered = 10_000;

/** An HTTP/1.1 connection: undici's client over one given socket. */
export type Connection = Connected & {
  client: Client;
  reader: AnswerReader;
  /** Its origin, unless it was opened with a certificate or authorities of its own. */
  key: string;
};

/** A request on a kept connection was not written, because the receiver had closed it. */
export class StaleConnection extends CallFailure {}

const stale = () => new StaleConnection("connection closed: ended before the request was sent");

/**
 * Keeps idle connections: most recently used first, 4 s each (up to 10 s if the receiver says so),
 * at most 512; beyond that the longest-idle one is closed. The caller limits busy connections.
 * A request must not meet a receiver that closes right after a response: whether it was read would
 * be unknown, so it could not be sent again. So an origin's connections rest for 10 ms between two
 * requests until one has survived that. From then on they are reused at once, and 16 calls in
 * flight need 16 sockets.
 * undici's own pools open sockets by themselves, without the request's deadline and without telling
 * which address a request went to.
 */
export function createConnectionPool() {
  const open = new Set<Connection>();
  const idle = new Map<string, Connection[]>();
  const oldestFirst = new Set<Connection>();
  /** From when on an origin's connections may be reused at once. */
  const trustedFrom = new Map<string, number>();

  function trust(origin: string, from: number) {
    if (trustedFrom.size >= maxRemembered) trustedFrom.clear();
    trustedFrom.set(origin, from);
  }

  function keep(connection: Connection) {
    const connections = idle.get(connection.key);
    if (connections) connections.push(connection);
    else idle.set(connection.key, [connection]);
    oldestFirst.add(connection);
    const [oldest] = oldestFirst;
    if (oldest && oldestFirst.size > maxIdle) oldest.socket.destroy();
  }

  /**
   * Keeps a connection that is still open after its 10 ms and after pending events have been
   * processed.
   */
  function keepOnceSettled(connection: Connection) {
    const settled = () => {
      if (connection.socket.destroyed) return;
      if (!trustedFrom.has(connection.key)) trust(connection.key, 0);
      keep(connection);
    };
    setTimeout(() => setImmediate(settled), settleMs).unref();
  }

  function leaveIdle(connection: Connection) {
    if (!oldestFirst.delete(connection)) return;
    const connections = idle.get(connection.key) ?? [];
    connections.splice(connections.indexOf(connection), 1);
    if (connections.length === 0) idle.delete(connection.key);
  }

  return {
    /** Wraps an open socket in a connection, in use until it is released. */
    adopt(origin: string, { socket, address }: Connected, key = origin): Connection {
      const reader = readAnswers(socket);
      const client = new Client(origin, {
        // Called back later, because undici does not expect the socket at once. A closed socket
        // fails, otherwise undici would ask forever.
        connect: (_options, callback) =>
          process.nextTick(() =>
            socket.destroyed ? callback(stale(), null) : callback(null, socket),
          ),
        pipelining: 1,
        allowH2: false,
        keepAliveTimeout: 4000,
        keepAliveMaxTimeout: 10_000,
        // The request's deadline replaces both idle timers, which a slow drip never triggers.
        headersTimeout: 0,
        bodyTimeout: 0,
        maxHeaderSize: 16_384,
      });
      const connection: Connection = { client, socket, reader, key, address };
      // Ends the client before it reconnects, together with a request that it has not written yet.
      const end = () => {
        open.delete(connection);
        leaveIdle(connection);
        client.destroy(stale());
      };
      client.once("disconnect", end).once("connectionError", end);
      open.add(connection);
      return connection;
    },

    /** Takes an idle connection with this key, if there is one. */
    take(key: string): Connection | undefined {
      const connection = idle.get(key)?.findLast(({ socket }) => !socket.destroyed);
      if (connection) leaveIdle(connection);
      return connection;
    },

    /** Releases a connection after a complete response. */
    release(connection: Connection) {
      if (connection.socket.destroyed) return;
      const from = trustedFrom.get(connection.key) ?? Number.POSITIVE_INFINITY;
      if (from <= performance.now()) keep(connection);
      else keepOnceSettled(connection);
    },

    /**
     * Reports that a kept connection ended without a response: its origin may close connections
     * unannounced.
     */
    distrust({ key }: Connection) {
      trust(key, performance.now() + distrustMs);
    },

    /** Closes all connections, including those in use. */
    async close() {
      await Promise.all([...open].map(({ client }) => client.destroy()));
    },
  };
}
