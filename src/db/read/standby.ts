import { setTimeout as pause } from "node:timers/promises";
import { remembered } from "../../util/remembered.ts";
import { type Db, openDb, type Pool } from "../connection/client.ts";
import { errorCode } from "../connection/errorCode.ts";
import { DatabaseRefusal } from "../connection/refusal.ts";

export const LOOK_EVERY_MS = 1_000;
/** A standby that does not answer in this time counts as away. */
const ANSWERS_WITHIN_MS = 2_000;
/** Nobody is shown data older than this. */
const STALE_AFTER_MS = 30_000;

/** A server that replicates the primary. */
export type Standby = AsyncDisposable & {
  /** The pool to read from; undefined while the standby is away or too far behind. */
  pool(): Pool | undefined;
  /** Checks whether it still answers, at most once a second. If it does not, its open reads fail. */
  look(): void;
  /** It has everything committed before this moment, of performance.now(). */
  readonly freshAt: number;
  /** How long it has been behind, in seconds; NaN while it cannot be read from. Checks first. */
  behindS(): Promise<number>;
};

/** SQLSTATEs: replay on the standby conflicted with a read. */
const CONFLICTS = ["40001", "40P01"];
export const isConflict = (error: unknown): boolean => CONFLICTS.includes(errorCode(error));

type Facts = { system: string; database: string; isStandby: boolean; position: number };

/** The end of the primary's WAL, or the position that the standby has replayed, in bytes. */
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
 * Monitors a standby while it is being read from. Its lag is measured against the primary: the WAL end at a moment, and
 * whether the standby has replayed it. The standby itself only knows what it was sent. Throws DatabaseRefusal if it is
 * not a standby of this primary. If it is away, it may come later.
 */
export async function openStandby(options: {
  url: string;
  primary: Pool;
  connections: number;
  /** Called when it can no longer be read from, with the reason, and without one when it can again. */
  onChange: (why: string | undefined) => void;
  staleAfterMs?: number;
}): Promise<Standby> {
  const { url, primary, connections, onChange, staleAfterMs = STALE_AFTER_MS } = options;
  let db: Db | undefined;
  let samples: { at: number; position: number }[] = [];
  let freshAt = Number.NEGATIVE_INFINITY;
  let why: string | undefined = "it was not asked yet";
  let isOver = false;
  /** Since when it has been behind. */
  let lacksSince: number | undefined;
  const behindMs = () => (lacksSince === undefined ? 0 : performance.now() - lacksSince);

  function settle(reason: string | undefined): void {
    if (reason !== why) onChange(reason);
    why = reason;
  }

  /** Ends its open reads: they fail with a lost connection and go to the primary. */
  async function leave(): Promise<void> {
    const left = db;
    db = undefined;
    await left?.sql.end({ timeout: 0 });
  }

  async function ask(of: Facts): Promise<string | undefined> {
    // One connection more than there are readers, so that the check never waits for them.
    db ??= openDb({ url, setting: "SIGNALBOX_READ_URL" }, connections + 1, "each time");
    const facts = await soon(factsOf(db.sql));
    if (facts.system !== of.system || facts.database !== of.database)
      throw new DatabaseRefusal(
        "SIGNALBOX_READ_URL does not lead to a standby of the database of DATABASE_URL: it must be a streaming replica of it.",
      );
    if (!facts.isStandby) return "it is not a standby (any more)";
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
      // The last result stays valid until it is too old.
      return;
    }
    if (isOver) return;
    samples = samples.filter((sample) => sample.at >= Math.max(freshAt, at - staleAfterMs));
    samples.push({ at, position: facts.position });
    try {
      settle(await ask(facts));
    } catch (error) {
      // It does answer: replay conflicted with the check.
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
