import type { Socket } from "node:net";
import postgres from "postgres";
import type { Meter } from "./sql.ts";
import type { Statement } from "./statement.ts";

/** Bytes of an unwanted answer that are read before the connection is given up. */
const PASSED_OVER_BYTES = 1024 * 1024;

/** One connection to the server: opened on first use, never reopened. */
export type Link = {
  readonly bornAt: number;
  /** The number of statements in flight. */
  readonly unanswered: number;
  /** Whether the server has accepted the connection. */
  readonly isReady: boolean;
  /** Set while a transaction owns the connection: its callback for a lost connection. */
  taken: { onLost(error: unknown): void } | undefined;
  /** Sends a statement after those before it, and reports when it fails. */
  send(statement: Statement, onFailed?: (error: unknown) => void): void;
  /** Resolves when no statement is in flight. */
  idle(): Promise<void>;
  /** Sets the meter for bytes received from now on. */
  meter(meter: Meter | undefined): void;
  /** Closes the connection. All statements in flight fail with the error. */
  lose(error: unknown): void;
  /** Closes the connection cleanly; nothing is in flight. */
  close(): Promise<void>;
};

type LinkListeners = {
  /** The server has answered, to the first or a later statement. */
  onAnswered(): void;
  onLost(link: Link, error: unknown): void;
};

export const connectionError = (code: string, text: string) =>
  Object.assign(new Error(text), { code });

/** Whether it is an error of the statement that leaves the connection usable. */
const isAnswer = (error: unknown) =>
  error instanceof postgres.PostgresError && !/^(FATAL|PANIC)$/.test(error.severity);

/**
 * Opens a postgres.js client for one connection. A broken connection leaves state in the client that it would apply to
 * the next one (porsager/postgres#1154, #1208, #1216).
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
  /** The error by which the server or the system ended it. */
  let reason: unknown;
  let isReady = false;
  let onIdle: (() => void) | undefined;
  /** Statements sent before the server was ready: the library would let later ones overtake some of these. */
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
        // Also fails statements sent during the close: the library would keep them for its next connection.
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
  /** The library's own way to send a statement by this client. */
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
          // If the library failed to send or read something, its answers may be out of step.
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
