import { setTimeout as pause } from "node:timers/promises";
import postgres from "postgres";
import type { Address } from "../address.ts";
import { teachArrays } from "./arrays.ts";
import { connectionError, type Link, openLink } from "./link.ts";
import { openSocket } from "./socket.ts";
import { type Begin, type Pool, sqlMaker } from "./sql.ts";
import type { Statement } from "./statement.ts";
import { runTransaction } from "./transaction.ts";

/** The longest pause between attempts while the server is away. Callers then fail after one attempt. */
const LONGEST_PAUSE_MS = 500;
/** Connections are replaced after this time: their memory on the server grows. */
const RENEWED_AFTER_MS = 45 * 60_000;

type PoolOptions = {
  address: Address;
  /** The settings of its sessions. */
  settings: Record<string, string>;
  /** The maximum number of connections. */
  size: number;
  /**
   * Its connections lead to a transaction pooler, which uses another server session for each transaction. So no
   * statement is prepared by name, and none is sent before the previous one is answered: PgBouncer (1.18) gives the
   * session to another client at the first answer that ends a transaction, with the rest still on its way there.
   */
  isPooled?: boolean;
  isDistributed?: boolean;
  /** Its one connection is a session: it is not replaced. */
  isSession?: boolean;
  /** Called for each connection that breaks or cannot be opened. */
  onLost?: () => void;
  onNotify?: (channel: string, payload: string) => void;
};

/** A waiter for a connection. */
type Waiting = { start(link: Link): void; refuse(error: unknown): void };

/**
 * Creates the postgres.js instance that builds statements and whose options each connection's client gets. It never
 * connects.
 */
function createMaker({ address, settings, isPooled, onNotify }: PoolOptions): postgres.Sql {
  const { host, port, user, password, database, connectTimeoutS, options } = address;
  // The types lack these. As a string, a host would be split at its colons, which IPv6 addresses have.
  const untyped: object = {
    host: [host],
    port: [port],
    connection: { ...(options && { options }), ...settings },
  };
  const maker = postgres({
    ...untyped,
    ...{ user, pass: password, database, connect_timeout: connectTimeoutS },
    prepare: !isPooled,
    ...{ max: 1, ssl: false, fetch_types: false, max_lifetime: null, idle_timeout: 0 },
    onnotice: () => {},
    ...(onNotify && { onnotify: onNotify }),
  });
  teachArrays(maker.options);
  return maker;
}

/**
 * A pool of connections, opened as needed. A statement goes to a free connection, else to a new one, else it is
 * pipelined on the least busy one. A transaction owns its connection.
 */
export function openPool(options: PoolOptions): Pool {
  const { address, size, isPooled, isSession, onLost } = options;
  const maker = createMaker(options);
  const makeSql = sqlMaker(maker, options.isDistributed ?? false);
  const links = new Set<Link>();
  const waiting: Waiting[] = [];
  /** Consecutive failures to reach the server. */
  let failures = 0;
  let failedAt = Number.NEGATIVE_INFINITY;
  let ending: Promise<void> | undefined;
  let onIdle: (() => void) | undefined;

  async function connect(ended: AbortSignal) {
    const ms = failures && Math.min(20 * 2 ** failures, LONGEST_PAUSE_MS);
    if (ms > 0) await pause(ms, undefined, { signal: ended });
    return await openSocket(address, ended);
  }

  function add(): Link {
    const link = openLink(maker.options, connect, {
      onAnswered() {
        failures = 0;
        serve();
      },
      onLost({ isReady }, error) {
        links.delete(link);
        if (!isReady) {
          // Attempts made at the same time count as one failure.
          if (link.bornAt > failedAt) failures += 1;
          failedAt = performance.now();
          // Without any connection left, its error is everyone's.
          if (![...links].some((other) => other.isReady))
            for (const one of waiting.splice(0)) one.refuse(error);
        }
        onLost?.();
        serve();
      },
    });
    links.add(link);
    return link;
  }

  const isOld = ({ bornAt }: Link) => !isSession && performance.now() - bornAt > RENEWED_AFTER_MS;

  /** The connection for the next statement. */
  function find(): Link | undefined {
    let best: Link | undefined;
    for (const link of links) {
      if (link.taken) continue;
      if (link.unanswered === 0) {
        if (!isOld(link)) return link;
        links.delete(link);
        void link.close();
      } else if (!isPooled && (!best || link.unanswered < best.unanswered)) best = link;
    }
    return links.size < size ? add() : best;
  }

  function serve(): void {
    while (waiting.length > 0) {
      const link = find();
      if (!link) return;
      waiting.shift()?.start(link);
    }
    if (onIdle && [...links].every((link) => !link.taken && link.unanswered === 0)) onIdle();
  }

  function ask(one: Waiting): void {
    const link = ending || waiting.length > 0 ? undefined : find();
    if (link) one.start(link);
    else if (!ending) waiting.push(one);
    else one.refuse(connectionError("CONNECTION_ENDED", "the pool has ended"));
  }

  const send = (statement: Statement) =>
    ask({
      start: (link) => link.send(statement),
      refuse: (error) => statement.reject(error),
    });

  const take = () =>
    new Promise<Link>((resolve, reject) =>
      ask({
        start(link) {
          link.taken = { onLost: reject };
          link.idle().then(() => resolve(link));
        },
        refuse: reject,
      }),
    );

  const begin: Begin = async (...args: unknown[]) => {
    const [mode, work, meter] = (typeof args[0] === "string" ? args : ["", ...args]) as Parameters<
      Begin & ((mode: string, work: never, meter?: never) => never)
    >;
    const link = await take();
    try {
      return await runTransaction(link, makeSql, mode, work, meter);
    } finally {
      link.taken = undefined;
      serve();
    }
  };

  async function finish(timeoutS: number | undefined): Promise<void> {
    const idle = new Promise<void>((resolve) => {
      onIdle = resolve;
    });
    serve();
    const late = new AbortController();
    const waited = timeoutS === undefined ? [] : [pause(timeoutS * 1_000, undefined, late)];
    await Promise.race([idle, ...waited]);
    late.abort();
    const error = connectionError("CONNECTION_DESTROYED", "the pool has ended meanwhile");
    for (const one of waiting.splice(0)) one.refuse(error);
    const busy = [...links].filter((link) => link.taken || link.unanswered > 0);
    for (const link of busy) link.lose(error);
    await Promise.all([...links].map((link) => link.close()));
  }

  return Object.assign(makeSql(send), {
    address,
    begin,
    async end({ timeout }: { timeout?: number } = {}) {
      // Statements asked just before are still on their way here.
      await Promise.resolve();
      ending ??= finish(timeout);
      await ending;
    },
  });
}
