import { setTimeout as pause } from "node:timers/promises";
import postgres from "postgres";
import type { Address } from "../address.ts";
import { teachArrays } from "./arrays.ts";
import { connectionError, type Link, openLink } from "./link.ts";
import { openSocket } from "./socket.ts";
import { type Begin, type Pool, sqlMaker } from "./sql.ts";
import type { Statement } from "./statement.ts";
import { runTransaction } from "./transaction.ts";

/** While the server is away it is tried less and less often, up to this; who asks meanwhile is told after one try. */
const LONGEST_PAUSE_MS = 500;
/** A connection is replaced after a while: what the server remembers for it grows. */
const RENEWED_AFTER_MS = 45 * 60_000;

type PoolOptions = {
  address: Address;
  /** What its sessions are started with. */
  settings: Record<string, string>;
  /** How many connections it has at most. */
  size: number;
  /**
   * Its connections are a transaction pooler's, which has another session of the server for each transaction: nothing is
   * prepared by name, and nothing sent behind what is not answered, since PgBouncer (1.18) gives the session to somebody
   * else at the first answer that ends a transaction, with the rest still on its way there.
   */
  isPooled?: boolean;
  isDistributed?: boolean;
  /** Its connection is itself what is wanted: it is not renewed. */
  isSession?: boolean;
  /** Told of each connection that breaks, or cannot be made. */
  onLost?: () => void;
  onNotify?: (channel: string, payload: string) => void;
};

/** Something that waits for a connection. */
type Waiting = { start(link: Link): void; refuse(error: unknown): void };

/** What statements are made with, and each connection's client after it; it connects nowhere itself. */
function createMaker({ address, settings, isPooled, onNotify }: PoolOptions): postgres.Sql {
  const { host, port, user, password, database, connectTimeoutS, options } = address;
  // What its types do not know: a host's text would be cut at its colons, and IPv6 addresses have some.
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
 * Connections, made as they are needed. A statement goes to one that is free, else to a new one, else behind those
 * that are on their way on the least busy; a transaction has its connection for itself.
 */
export function openPool(options: PoolOptions): Pool {
  const { address, size, isPooled, isSession, onLost } = options;
  const maker = createMaker(options);
  const makeSql = sqlMaker(maker, options.isDistributed ?? false);
  const links = new Set<Link>();
  const waiting: Waiting[] = [];
  /** How often in a row the server could not be reached. */
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
          // Those that were tried at the same time have failed once together.
          if (link.bornAt > failedAt) failures += 1;
          failedAt = performance.now();
          // It speaks for all when there is no other.
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

  /** A connection for what comes next. */
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
      // What was asked just before is on its way here.
      await Promise.resolve();
      ending ??= finish(timeout);
      await ending;
    },
  });
}
