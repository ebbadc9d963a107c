import type { Duplex } from "node:stream";
import type { RawData, WebSocket } from "ws";

/** How much may wait for a slow reader before we stop hearing its own messages. */
const FULL_BYTES = 1024 * 1024;
/** How many of its messages may wait for their turns before we stop reading more. */
const MAX_UNHEARD = 16;
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
  /** The client's, as far as it is known. */
  address: string;
  send(text: string): Promise<void>;
  /** Hears text messages, each when its turn has come; a binary one closes the socket. */
  onMessage(
    handle: (data: Buffer) => Promise<unknown>,
    turn: () => Promise<void> | undefined,
  ): void;
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
  let unheard = 0;
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
  const isFull = () => socket.bufferedAmount > FULL_BYTES || unheard >= MAX_UNHEARD;
  const throttle = () => {
    missedPings = 0;
    if (isFull()) socket.pause();
  };
  const resume = () => {
    if (socket.isPaused && !isFull()) socket.resume();
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
    resume();
  };

  socket.on("ping", throttle);
  socket.on("pong", throttle);
  // The close event follows, and says all there is to say.
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
          left();
          resolve();
        });
      }),
    onMessage(handle, turn) {
      const hear = (data: RawData, isBinary: boolean) => {
        if (ended) return;
        // ws gives a Buffer unless told otherwise.
        if (isBinary || !Buffer.isBuffer(data)) return close(4400, "Invalid message received");
        handle(data).catch(fail);
      };
      socket.on("message", async (data: RawData, isBinary) => {
        const waits = turn();
        if (waits) {
          unheard++;
          throttle();
          await waits;
          unheard--;
          resume();
        } else throttle();
        hear(data, isBinary);
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
