import type { Duplex } from "node:stream";
import type { RawData, WebSocket } from "ws";

/** How much may wait for a slow reader before we stop hearing its own messages. */
const FULL_BYTES = 1024 * 1024;
/** How long what waits may make no progress: less when it is much. */
const STALLED_MS = 15_000;
const STALLED_FULL_MS = 5_000;
const MISSED_PINGS = 2;
/** What a closing frame holds of a reason. */
const REASON_BYTES = 123;

/** The last character may be cut in two. */
const clip = (reason: string) =>
  Buffer.from(reason)
    .subarray(0, REASON_BYTES)
    .toString()
    .replace(/\uFFFD$/, "");

/** One socket with backpressure: a send resolves when the bytes have left, so whoever awaits it stops with them. */
export type SocketChannel = {
  protocol: string;
  send(text: string): Promise<void>;
  /** Hears text messages; a binary one closes the socket. */
  onMessage(handle: (data: Buffer) => Promise<unknown>): void;
  /** Ends the operations at once; the socket follows when its client agrees, or after 30 s. */
  close(code: number, reason: string): void;
  /** Closes a reader that takes nothing. */
  checkProgress(): void;
  /** Asks for a sign of life; a socket that gave none to the last two is terminated. */
  ping(): void;
  /** Told once. */
  onEnd(listener: (code: number, reason: string) => void): void;
};

/** `wire` is what the socket writes to. */
export function openChannel(
  socket: WebSocket,
  wire: Duplex,
  onBug: (error: Error) => void,
): SocketChannel {
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
  // A client that sends but does not read would otherwise fill our memory with the answers.
  const throttle = () => {
    missedPings = 0;
    if (socket.bufferedAmount > FULL_BYTES) socket.pause();
  };
  // What several subscriptions of the socket say of one event leaves in one system call. With one for each message,
  // at 10,000 messages/s, a fifth of the process's time was the kernel's [measured].
  const gather = () => {
    if (isGathering) return;
    isGathering = true;
    wire.cork();
    process.nextTick(() => {
      isGathering = false;
      wire.uncork();
    });
  };
  const left = () => {
    waiting--;
    progressAt = Date.now();
    if (socket.isPaused && socket.bufferedAmount <= FULL_BYTES) socket.resume();
  };

  socket.on("ping", throttle);
  socket.on("pong", throttle);
  // The close event follows, and says all there is to say.
  socket.on("error", () => {});
  socket.on("close", (code, reason) => end(code, reason.toString()));

  return {
    protocol: socket.protocol,
    close,
    send: (data) =>
      new Promise((resolve) => {
        if (ended) return resolve();
        if (waiting++ === 0) progressAt = Date.now();
        gather();
        socket.send(data, () => {
          left();
          resolve();
        });
      }),
    onMessage(handle) {
      socket.on("message", (data: RawData, isBinary) => {
        if (ended) return;
        throttle();
        // ws gives a Buffer unless told otherwise.
        if (isBinary || !Buffer.isBuffer(data)) return close(4400, "Invalid message received");
        handle(data).catch(fail);
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
