import type { Duplex } from "node:stream";
import type { RawData, WebSocket } from "ws";

/** Unsent bytes of a slow reader at which its own messages are no longer read. */
const FULL_BYTES = 1024 * 1024;
/** Unhandled messages of a client at which no more are read. */
const MAX_UNHANDLED = 16;
/** How long sending may make no progress; shorter if many bytes wait. */
const STALLED_MS = 15_000;
const STALLED_FULL_MS = 5_000;
const MISSED_PINGS = 2;
/** Maximum length of the reason in a close frame. */
const REASON_BYTES = 123;

/** Removes a last character that was cut in two. */
const clip = (reason: string) =>
  Buffer.from(reason)
    .subarray(0, REASON_BYTES)
    .toString()
    .replace(/\uFFFD$/, "");

/**
 * A socket with backpressure: `send` resolves when the bytes have been written, so the sender waits
 * for a slow reader.
 */
export type SocketChannel = {
  protocol: string;
  /** The client's address, if known. */
  address: string;
  send(text: string): Promise<void>;
  /** Handles text messages, each after `turn` resolves. A binary message closes the socket. */
  onMessage(
    handle: (data: Buffer) => Promise<unknown>,
    turn: () => Promise<void> | undefined,
  ): void;
  /** Ends the operations at once. The socket closes when the client confirms, or after 30 s. */
  close(code: number, reason: string): void;
  /** Closes the socket if the client does not read. */
  checkProgress(): void;
  /** Sends a ping. A socket that missed the last two is terminated. */
  ping(): void;
  /** Called once. */
  onEnd(listener: (code: number, reason: string) => void): void;
};

/** Wraps a websocket; `wire` is the stream that it writes to. */
export function openChannel(
  socket: WebSocket,
  wire: Duplex,
  onBug: (error: Error) => void,
): SocketChannel {
  let unhandled = 0;
  let waiting = 0;
  let progressAt = Date.now();
  let missedPings = 0;
  let ended = false;
  let isGathering = false;
  let endListener: (code: number, reason: string) => void = () => {};

  const end = (code: number, reason: string) => {
    if (ended) return;
    ended = true;
    endListener(code, reason);
  };
  const close = (code: number, reason = "") => {
    if (ended) return;
    end(code, reason);
    socket.resume();
    socket.close(code, clip(reason));
  };
  const fail = (error: Error) => {
    onBug(error);
    close(1011, "Internal error");
  };
  // Otherwise a client that sends but does not read would fill the memory with responses.
  const isFull = () => socket.bufferedAmount > FULL_BYTES || unhandled >= MAX_UNHANDLED;
  const throttle = () => {
    missedPings = 0;
    if (isFull()) socket.pause();
  };
  const resume = () => {
    if (socket.isPaused && !isFull()) socket.resume();
  };
  // Messages of several subscriptions about one event are written in one system call. With one call
  // per message, the kernel took a fifth of the process's time at 10,000 messages/s [measured].
  const gather = () => {
    if (isGathering) return;
    isGathering = true;
    wire.cork();
    process.nextTick(() => {
      isGathering = false;
      wire.uncork();
    });
  };
  const onSent = () => {
    waiting--;
    progressAt = Date.now();
    resume();
  };

  socket.on("ping", throttle);
  socket.on("pong", throttle);
  // The close event follows and carries the details.
  socket.on("error", () => {});
  socket.on("close", (code, reason) => end(code, reason.toString()));

  return {
    protocol: socket.protocol,
    address: "remoteAddress" in wire ? String(wire.remoteAddress) : "",
    close,
    send: (data) =>
      new Promise((resolve) => {
        if (ended) return resolve();
        if (waiting++ === 0) progressAt = Date.now();
        gather();
        socket.send(data, () => {
          onSent();
          resolve();
        });
      }),
    onMessage(handle, turn) {
      const deliver = (data: RawData, isBinary: boolean) => {
        if (ended) return;
        // ws passes a Buffer by default.
        if (isBinary || !Buffer.isBuffer(data)) return close(4400, "Invalid message received");
        handle(data).catch(fail);
      };
      socket.on("message", async (data: RawData, isBinary) => {
        const waits = turn();
        if (waits) {
          unhandled++;
          throttle();
          await waits;
          unhandled--;
          resume();
        } else throttle();
        deliver(data, isBinary);
      });
    },
    checkProgress() {
      if (waiting === 0 || ended) return;
      const patience = socket.bufferedAmount > FULL_BYTES ? STALLED_FULL_MS : STALLED_MS;
      if (Date.now() - progressAt > patience) close(4000, "too slow");
    },
    ping() {
      if (missedPings >= MISSED_PINGS) return socket.terminate();
      missedPings++;
      socket.ping();
    },
    onEnd(listener) {
      endListener = listener;
    },
  };
}
