import type { Seen } from "./seen.ts";

/** A client of `postgres`, or a pool of `pg`. */
export type PostgresClient =
  | { unsafe(text: string, values: string[]): PromiseLike<readonly object[]> }
  | { query(text: string, values: string[]): PromiseLike<{ rows: object[] }> };

/** Longer than the hub waits for an answer: a process that has not finished by then is dead. */
const LEASE = "interval '2 minutes'";
const LOOK_MS = 250;
const CLAIMS_PER_CLEANING = 1_000;

// One statement, so that there is no table without its index.
const CREATE = `do $$ begin
  create table if not exists signalbox_seen (
    name text not null,
    id text not null,
    claimed_at timestamptz not null,
    handled_at timestamptz,
    primary key (name, id)
  );
  create index if not exists signalbox_seen_claimed_at on signalbox_seen (claimed_at);
end $$`;
const CLEAN = "delete from signalbox_seen where claimed_at < now() - interval '30 days'";
const CLAIM = `insert into signalbox_seen as seen (name, id, claimed_at) values ($1, $2, clock_timestamp())
  on conflict (name, id) do update set claimed_at = excluded.claimed_at
    where seen.handled_at is null and seen.claimed_at < excluded.claimed_at - ${LEASE}
  returning extract(epoch from claimed_at)::text as claim`;

/**
 * In a table `signalbox_seen` of your own database, which it makes: for several processes, and over restarts. It keeps ids for 30
 * days. No connection is held while a handler runs. An event is handled once by all receivers of one `name`, and by those of
 * another name again. Throws TypeError.
 */
export function postgresSeen(client: PostgresClient, { name }: { name: string }): Seen {
  if (typeof name !== "string" || name === "")
    throw new TypeError("name is a text that tells this receiver from others of the same database");
  const run = async (text: string, ...values: string[]) =>
    "unsafe" in client ? client.unsafe(text, values) : (await client.query(text, values)).rows;
  let table: Promise<unknown> | undefined;

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
    // By chance, because a process may end before its thousandth. What fails is left to the next one.
    if (Math.random() * CLAIMS_PER_CLEANING < 1) run(CLEAN).catch(() => {});
  }

  /** The claim, or null when the event was handled. Waits while another handles it. */
  async function claim(id: string): Promise<string | null> {
    while (true) {
      const [row] = await run(CLAIM, name, id);
      if (row) return (row as { claim: string }).claim;
      const handled = await run(
        "select id from signalbox_seen where name = $1 and id = $2 and handled_at is not null",
        name,
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
      const isOwn = "where name = $1 and id = $2 and extract(epoch from claimed_at)::text = $3";
      try {
        await work();
      } catch (error) {
        await run(`delete from signalbox_seen ${isOwn}`, name, id, own);
        throw error;
      }
      await run(`update signalbox_seen set handled_at = now() ${isOwn}`, name, id, own);
      return true;
    },
  };
}
