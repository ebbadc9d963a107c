import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** Pipelined requests that may wait per connection; beyond that, reading pauses. */
const MAX_WAITING = 16;

/**
 * Handles the requests of a connection one after the other. Node.js would start all pipelined
 * requests at once and keep all responses: thousands for the price of a few packets.
 */
export function createInOrder(handle: (req: IncomingMessage, res: ServerResponse) => void) {
  const waiting = new WeakMap<Socket, (() => void)[]>();

  function begin(req: IncomingMessage, res: ServerResponse, queue: (() => void)[]) {
    res.once("close", () => {
      // Gives other connections a turn first.
      setImmediate(() => {
        const next = queue.shift();
        if (!next || req.socket.destroyed) return waiting.delete(req.socket);
        if (queue.length < MAX_WAITING) req.socket.resume();
        return next();
      });
    });
    handle(req, res);
  }

  return (req: IncomingMessage, res: ServerResponse): void => {
    const queue = waiting.get(req.socket);
    if (queue) {
      queue.push(() => begin(req, res, queue));
      if (queue.length >= MAX_WAITING) req.socket.pause();
      return;
    }
    const own: (() => void)[] = [];
    waiting.set(req.socket, own);
    begin(req, res, own);
  };
}
