import { setTimeout as pause } from "node:timers/promises";
import { remembered } from "../../util/remembered.ts";
import { type Db, openDb, type Pool } from "../connection/client.ts";
import { DatabaseRefusal } from "../connection/refusal.ts";

export const LOOK_EVERY_MS = 1_000;
/** One that has not answered by then is away. */
const ANSWERS_WITHIN_MS = 2_000;
/** Older than this nobody is shown anything. */
const STALE_AFTER_MS = 30_000;

/** A server that follows the primary. */
export type Standby = AsyncDisposable & {
  /** Where to read; undefined while it is away, or too far behind. */
  pool(): Pool | undefined;
  /** Sees whether it still answers, at most once a second: what it does not answer is then given up. */
  look(): void;
  /** It has everything that was committed before this moment, of performance.now(). */
  readonly freshAt: number;
  /** For how long it has lacked something, in seconds; not a number while it cannot be read from. Looks anew. */
  behindS(): Promise<number>;
};

/** SQLSTATEs: a standby had to take over something that a read was in the way of. */
const CONFLICTS = ["40001", "40P01"];
export const isConflict = (error: unknown): boolean =>
  CONFLICTS.includes((error as { code?: string }).code ?? "");

type Facts = { system: string; database: string; isStandby: boolean; position: number };

/** Where the log of the primary ends, and how far a standby has taken it over, in bytes. */
const factsOf = async (sql: Pool): Promise<Facts> => {
  const [facts] = await sql<[Facts]>`
    select (select system_identifier::text from pg_control_system()) as system,
      (select oid::text from pg_database where datname = current_database()) as database,
      pg_is_in_recovery() as "isStandby",
      (case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end - '0/0')::float8
        as position`;
  return facts;
};

async function soon<Answer>(answer: Promise<Answer>): Promise<Answer> {
  const over = new AbortController();
  const late = pause(ANSWERS_WITHIN_MS, undefined, over).then(() => {
    throw new Error(`it has not answered within ${ANSWERS_WITHIN_MS / 1_000} s`);
  });
  late.catch(() => {});
  return await Promise.race([answer, late]).finally(() => over.abort());
}

/**
 * Watches over a standby as long as somebody reads from it. How far it is behind is known from the primary: where its log
 * ended at some moment, and whether that has arrived. What a standby says itself is that it has all it was sent.
 * Throws DatabaseRefusal when it is no standby of this primary; one that is away may come later.
 */
export async function openStandby(options: {
  url: string;
  primary: Pool;
  connections: number;
  /** Told each time it can be read from no longer, and why; and, without a reason, that it can again. */
  onChange: (why: string | undefined) => void;
  staleAfterMs?: number;
}): Promise<Standby> {
  const { url, primary, connections, onChange, staleAfterMs = STALE_AFTER_MS } = options;
  let db: Db | undefined;
  let samples: { at: number; position: number }[] = [];
  let freshAt = Number.NEGATIVE_INFINITY;
  let why: string | undefined = "it was not asked yet";
  let isOver = false;
  /** Since when it has lacked something. */
  let lacksSince: number | undefined;
  const behindMs = () => (lacksSince === undefined ? 0 : performance.now() - lacksSince);

  function settle(reason: string | undefined): void {
    if (reason !== why) onChange(reason);
    why = reason;
  }

  /** Whoever reads there just now is told that the connection is gone, and reads elsewhere. */
  async function leave(): Promise<void> {
    const left = db;
    db = undefined;
    await left?.sql.end({ timeout: 0 });
  }

  async function ask(of: Facts): Promise<string | undefined> {
    // One more than there are readers, so that the question never waits for them.
    db ??= openDb({ url, setting: "SIGNALBOX_READ_URL" }, connections + 1, "each time");
    const facts = await soon(factsOf(db.sql));
    if (facts.system !== of.system || facts.database !== of.database)
      throw new DatabaseRefusal(
        "SIGNALBOX_READ_URL does not lead to a standby of the database of DATABASE_URL: it must be one that PostgreSQL keeps by streaming replication.",
      );
    if (!facts.isStandby) return "it is no standby (any more)";
    const had = samples.findLast(({ position }) => position <= facts.position);
    const lacked = samples.find(({ position }) => position > facts.position);
    const hasComeOn = had !== undefined && had.at !== freshAt;
    lacksSince = hasComeOn ? lacked?.at : (lacksSince ?? lacked?.at);
    freshAt = had?.at ?? freshAt;
    return behindMs() > staleAfterMs
      ? `it is more than ${staleAfterMs / 1_000} s behind`
      : undefined;
  }

  async function lookOnce(): Promise<void> {
    const at = performance.now();
    let facts: Facts;
    try {
      facts = await factsOf(primary);
    } catch {
      // What is known of the standby holds on, until it is too old.
      return;
    }
    if (isOver) return;
    samples = samples.filter((sample) => sample.at >= Math.max(freshAt, at - staleAfterMs));
    samples.push({ at, position: facts.position });
    try {
      settle(await ask(facts));
    } catch (error) {
      // It answers: it had to take something over just then.
      if (isConflict(error)) return;
      settle((error as Error).message);
      await leave();
      if (error instanceof DatabaseRefusal) throw error;
    }
  }

  await lookOnce();
  const look = remembered(lookOnce, LOOK_EVERY_MS);
  const lookBeside = () => void look().catch(() => {});
  return {
    look: lookBeside,
    pool() {
      lookBeside();
      const isNear = performance.now() - freshAt <= staleAfterMs;
      return why === undefined && isNear ? db?.sql : undefined;
    },
    get freshAt() {
      return Math.max(freshAt, performance.now() - staleAfterMs);
    },
    async behindS() {
      await look().catch(() => {});
      return why === undefined ? behindMs() / 1_000 : Number.NaN;
    },
    async [Symbol.asyncDispose]() {
      isOver = true;
      await leave();
    },
  };
}
