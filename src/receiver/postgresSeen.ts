import type { Seen } from "./seen.ts";

/** A client of `postgres`, or a pool of `pg`. */
export type PostgresClient =
  | { unsafe(text: string, values: string[]): PromiseLike<readonly object[]> }
  | { query(text: string, values: string[]): PromiseLike<{ rows: object[] }> };

/** Longer than the hub waits for an answer: a process that has not finished by then is dead. */
const LEASE = "interval '2 minutes'";
const LOOK_MS = 250;
const CLAIMS_PER_CLEANING = 1_000;

const CREATE = `create table if not exists signalbox_seen (
  id text primary key,
  claimed_at timestamptz not null,
  handled_at timestamptz
)`;
const CLAIM = `insert into signalbox_seen as seen (id, claimed_at) values ($1, clock_timestamp())
  on conflict (id) do update set claimed_at = excluded.claimed_at
    where seen.handled_at is null and seen.claimed_at < excluded.claimed_at - ${LEASE}
  returning extract(epoch from claimed_at)::text as claim`;

/**
 * In a table `signalbox_seen` of your own database, which it makes: for several processes, and over restarts. It keeps ids for 30
 * days. No connection is held while a handler runs.
 */
export function postgresSeen(client: PostgresClient): Seen {
  const run = async (text: string, ...values: string[]) =>
    "unsafe" in client ? client.unsafe(text, values) : (await client.query(text, values)).rows;
  let table: Promise<unknown> | undefined;
  let claims = 0;

  async function makeTable() {
    const [row] = await run("select to_regclass('signalbox_seen')::text as name");
    if ((row as { name: string | null }).name !== null) return;
    // Two processes that begin at once may both try: one of them fails, and the table is there.
    await run(CREATE).catch(() => run("select 1 from signalbox_seen limit 1"));
  }

  async function ready() {
    table ??= makeTable();
    await table.catch((error) => {
      table = undefined;
      throw error;
    });
    if (++claims % CLAIMS_PER_CLEANING === 0)
      await run("delete from signalbox_seen where claimed_at < now() - interval '30 days'");
  }

  /** The claim, or null when the event was handled. Waits while another handles it. */
  async function claim(id: string): Promise<string | null> {
    while (true) {
      const [row] = await run(CLAIM, id);
      if (row) return (row as { claim: string }).claim;
      const handled = await run(
        "select id from signalbox_seen where id = $1 and handled_at is not null",
        id,
      );
      if (handled.length > 0) return null;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  return {
    async once(id, work) {
      await ready();
      const own = await claim(id);
      if (own === null) return false;
      // As text, because a client may make a time of it, and lose its microseconds.
      const isOwn = "where id = $1 and extract(epoch from claimed_at)::text = $2";
      try {
        await work();
      } catch (error) {
        await run(`delete from signalbox_seen ${isOwn}`, id, own);
        throw error;
      }
      await run(`update signalbox_seen set handled_at = now() ${isOwn}`, id, own);
      return true;
    },
  };
}
