import type { Socket } from "node:net";
// Not the whole of undici: its fetch, caches and websockets are 90 files more.
import Client from "undici/lib/dispatcher/client.js";
import { withinOpenFiles } from "../openFiles.ts";
import { type AnswerReader, readAnswers } from "./answerReader.ts";
import { CallFailure } from "./callFailure.ts";

const maxIdle = withinOpenFiles(512, 1 / 8);
/** Some receivers close right behind an answer without having said so: time enough to see it. */
const settleMs = 10;
/** How long an origin is not trusted after it closed a connection that was in use again. */
const distrustMs = 60_000;
const maxRemembered = 10_000;

/** An HTTP/1.1 connection: undici's client over the one socket it was given. */
export type Connection = {
  client: Client;
  socket: Socket;
  reader: AnswerReader;
  origin: string;
  address: string | null;
};

/** Why a request on a kept connection was never written: the other side had closed it meanwhile. */
export class StaleConnection extends CallFailure {}

const stale = () => new StaleConnection("connection closed: ended before the request was sent");

/**
 * Connections between two requests: the last used first, 4 s each (up to 10 s if the receiver says so), 512 in
 * all, above which the longest idle goes. How many are busy is up to the caller.
 *
 * A request must not meet a receiver that closes right behind an answer: whether it was read is unknown, and it
 * would not be sent again. So an origin's connections wait for 10 ms between two requests until one of them has
 * survived that; from then on they go from call to call at once, and 16 calls in flight need 16 sockets.
 *
 * undici's own pools would open sockets by themselves, apart from the request's deadline and without telling
 * which address a request went to.
 */
export function createConnectionPool() {
  const open = new Set<Connection>();
  const idle = new Map<string, Connection[]>();
  const oldestFirst = new Set<Connection>();
  /** From when on an origin's connections may be used again at once. */
  const trustedFrom = new Map<string, number>();

  function trust(origin: string, from: number) {
    if (trustedFrom.size >= maxRemembered) trustedFrom.clear();
    trustedFrom.set(origin, from);
  }

  function keep(connection: Connection) {
    const connections = idle.get(connection.origin);
    if (connections) connections.push(connection);
    else idle.set(connection.origin, [connection]);
    oldestFirst.add(connection);
    const [oldest] = oldestFirst;
    if (oldest && oldestFirst.size > maxIdle) oldest.socket.destroy();
  }

  /** Keeps a connection that is still open once its 10 ms are over and the event loop has heard of all until then. */
  function keepOnceSettled(connection: Connection) {
    const settled = () => {
      if (connection.socket.destroyed) return;
      if (!trustedFrom.has(connection.origin)) trust(connection.origin, 0);
      keep(connection);
    };
    setTimeout(() => setImmediate(settled), settleMs).unref();
  }

  function leaveIdle(connection: Connection) {
    if (!oldestFirst.delete(connection)) return;
    const connections = idle.get(connection.origin) ?? [];
    connections.splice(connections.indexOf(connection), 1);
    if (connections.length === 0) idle.delete(connection.origin);
  }

  return {
    /** A connection over a socket that is open, in use until it is given back. */
    adopt(origin: string, socket: Socket): Connection {
      const reader = readAnswers(socket);
      const client = new Client(origin, {
        // Called back later, for undici does not look for an answer at once; an open socket, or it would ask for ever.
        connect: (_options, callback) =>
          process.nextTick(() =>
            socket.destroyed ? callback(stale(), null) : callback(null, socket),
          ),
        pipelining: 1,
        allowH2: false,
        keepAliveTimeout: 4000,
        keepAliveMaxTimeout: 10_000,
        // The deadline over everything stands in for both idle timers, which a slow drip never trips.
        headersTimeout: 0,
        bodyTimeout: 0,
        maxHeaderSize: 16_384,
      });
      const address = socket.remoteAddress ?? null;
      const connection: Connection = { client, socket, reader, origin, address };
      // Ends the client before it would connect anew, and with it a request that it has not written yet.
      const end = () => {
        open.delete(connection);
        leaveIdle(connection);
        client.destroy(stale());
      };
      client.once("disconnect", end).once("connectionError", end);
      open.add(connection);
      return connection;
    },

    /** An idle connection to the origin, if there is one. */
    take(origin: string): Connection | undefined {
      const connection = idle.get(origin)?.findLast(({ socket }) => !socket.destroyed);
      if (connection) leaveIdle(connection);
      return connection;
    },

    /** Gives a connection back after a complete answer. */
    release(connection: Connection) {
      if (connection.socket.destroyed) return;
      const from = trustedFrom.get(connection.origin) ?? Number.POSITIVE_INFINITY;
      if (from <= performance.now()) keep(connection);
      else keepOnceSettled(connection);
    },

    /** Says that a kept connection ended without an answer: its origin may be one that closes unasked. */
    distrust({ origin }: Connection) {
      trust(origin, performance.now() + distrustMs);
    },

    /** Closes every connection, those in use included. */
    async close() {
      await Promise.all([...open].map(({ client }) => client.destroy()));
    },
  };
}
