import type { Socket } from "node:net";
import postgres from "postgres";
import type { Meter } from "./sql.ts";
import type { Statement } from "./statement.ts";

/** What comes of an answer that nobody wants any more is read this far; then the connection is given up. */
const PASSED_OVER_BYTES = 1024 * 1024;

/** One connection to the server: made as it is first asked, and never made again. */
export type Link = {
  readonly bornAt: number;
  /** How many statements are not answered. */
  readonly unanswered: number;
  /** The server has answered. */
  readonly isReady: boolean;
  /** A transaction has it for itself; what it wants to be told should the connection break. */
  taken: { onLost(error: unknown): void } | undefined;
  /** Sends it behind those before it, and tells when it failed. */
  send(statement: Statement, onFailed?: (error: unknown) => void): void;
  /** Settles when nothing is unanswered. */
  idle(): Promise<void>;
  /** Counts what comes from now on. */
  meter(meter: Meter | undefined): void;
  /** Gives the connection up: all that is unanswered is told why. */
  lose(error: unknown): void;
  /** Says goodbye to the server; nothing is unanswered. */
  close(): Promise<void>;
};

type LinkListeners = {
  /** The server has answered, to the first or another statement. */
  onAnswered(): void;
  onLost(link: Link, error: unknown): void;
};

export const connectionError = (code: string, text: string) =>
  Object.assign(new Error(text), { code });

/** Whether the server has said it, and goes on. */
const isAnswer = (error: unknown) =>
  error instanceof postgres.PostgresError && !/^(FATAL|PANIC)$/.test(error.severity);

/**
 * A client of postgres.js for one connection: one that broke leaves it with remains, which it would take for its
 * successor's (porsager/postgres#1154, #1208, #1216).
 */
export function openLink(
  options: postgres.ParsedOptions,
  connect: (ended: AbortSignal) => Promise<Socket>,
  listeners: LinkListeners,
): Link {
  const unanswered = new Set<Statement>();
  const ended = new AbortController();
  let socket: Socket | undefined;
  let lost: { error: unknown } | undefined;
  /** Why the server has ended it, or the system. */
  let reason: unknown;
  let isReady = false;
  let onIdle: (() => void) | undefined;
  /** What was asked before the server was there: the library would let later statements overtake some of these. */
  let early: Statement[] = [];
  let meter: Meter | undefined;
  let passedOver: { error: unknown; bytes: number } | undefined;

  async function openOnce(): Promise<Socket> {
    if (lost || socket) throw lost?.error ?? closed();
    try {
      const opened = await connect(ended.signal);
      socket = opened;
      if (lost) opened.destroy();
      opened.on("data", ({ length }) => count(length));
      opened.on("error", (error) => (reason ??= error));
      opened.on("close", () => {
        lose(reason ?? closed());
        // What was asked while it closed is told, too: the library itself would keep it for its next connection.
        opened.emit("error", lost?.error);
      });
      return opened;
    } catch (error) {
      lose(error);
      throw error;
    }
  }
  const closed = () =>
    connectionError("CONNECTION_CLOSED", "the connection to the database is closed");
  const client = postgres({ ...options, socket: openOnce } as object);
  /** How the library sends a statement by this client. */
  const { handler: sendNow } = client`` as unknown as Statement;

  function count(bytes: number): void {
    if (passedOver) {
      passedOver.bytes += bytes;
      if (passedOver.bytes > PASSED_OVER_BYTES) lose(passedOver.error);
      return;
    }
    try {
      meter?.(bytes);
    } catch (error) {
      passedOver = { error, bytes: 0 };
      refuse(error);
    }
  }

  function refuse(error: unknown): void {
    for (const statement of unanswered) statement.reject(error);
  }

  function lose(error: unknown): void {
    if (lost) return;
    lost = { error };
    ended.abort(error);
    refuse(error);
    void client.end({ timeout: 0 });
    socket?.destroy();
    link.taken?.onLost(error);
    listeners.onLost(link, error);
  }

  function answered(statement: Statement): void {
    unanswered.delete(statement);
    if (unanswered.size === 0) onIdle?.();
    if (!lost) listeners.onAnswered();
  }

  async function greet(): Promise<void> {
    try {
      await client.unsafe("");
    } catch (error) {
      return lose(error);
    }
    isReady = true;
    for (const statement of early) sendNow(statement);
    early = [];
    listeners.onAnswered();
  }

  const link: Link = {
    bornAt: performance.now(),
    get unanswered() {
      return unanswered.size;
    },
    get isReady() {
      return isReady;
    },
    taken: undefined,
    send(statement, onFailed) {
      if (lost) {
        onFailed?.(lost.error);
        return statement.reject(lost.error);
      }
      unanswered.add(statement);
      statement.then(
        () => answered(statement),
        (error) => {
          onFailed?.(error);
          // What the library itself could not send, or read, may have brought its answers out of step.
          if (!isAnswer(error) && error !== passedOver?.error) lose(error);
          answered(statement);
        },
      );
      if (isReady) sendNow(statement);
      else early.push(statement);
    },
    idle() {
      if (unanswered.size === 0) return Promise.resolve();
      return new Promise((resolve) => {
        onIdle = resolve;
      });
    },
    meter(next) {
      meter = next;
      passedOver = undefined;
    },
    lose,
    async close() {
      lost = { error: closed() };
      await client.end({ timeout: 1 });
    },
  };
  void greet();
  return link;
}
