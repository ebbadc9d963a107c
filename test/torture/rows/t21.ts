import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { openDb } from "../../../src/db/connection/client.ts";
import { verify } from "../../../src/verify/run.ts";
import { sendTo } from "../../fixtures/hub.ts";
import { hoardConnections } from "../kit/hoard.ts";
import { noSmallDisks, type SmallServer, startOnSmallDisks } from "../kit/smallDisks.ts";
import { until } from "../kit/until.ts";
import { Broken, holds, type Row } from "../row.ts";

const IN_FLIGHT = 16;
const REFUSED_WITHIN_MS = 60_000;
/** Each answer, the refusal too: the hub gives an operation 30 s. */
const ANSWER_WITHIN_MS = 35_000;
const SERVER_BACK_WITHIN_MS = 60_000;
const FLOWS_WITHIN_MS = 15_000;
/** So many refusals are looked at, of each process. */
const REFUSALS = 5;

const EMIT = `mutation ($input: EmitEventInput!) {
  emitEvent(input: $input) { event { id } userErrors { code message } } }`;
type Answer = { emitEvent: { event: { id: string } | null } | null };

/** What goes wrong with the server; gives back what mends it. */
type Fault = (server: SmallServer, database: string) => Promise<() => PromiseLike<unknown>>;

async function onServer(url: string, statements: string[]) {
  await using db = openDb(url, 1);
  for (const statement of statements) await db.sql.unsafe(statement);
}

const faults: Record<string, Fault> = {
  async "full disk of the tables"({ data }) {
    await data.fill();
    return () => data.free();
  },
  async "full disk of the log"({ wal, url }) {
    await wal.fill();
    // Segments made in advance are used up, and then the server ends itself.
    const segments = Array<string>(20).fill(
      "create table a (); drop table a; select pg_switch_wal()",
    );
    await onServer(url, segments).catch(() => {});
    return () => wal.free();
  },
  // As a server that is being moved answers: what it has for a default, the hub's sessions do not take.
  async "read-only"({ url }, database) {
    const site = Object.assign(new URL(url), { pathname: `/${database}` }).href;
    await onServer(site, [
      "create function public.refuse() returns trigger language plpgsql as $$ begin raise read_only_sql_transaction; end $$",
      "create trigger refuse before insert on signalbox.events execute function public.refuse()",
    ]);
    return () => onServer(site, ["drop function public.refuse cascade"]);
  },
  async "no connections left"({ url }, database) {
    const hoard = await hoardConnections(url, database);
    return () => hoard[Symbol.asyncDispose]();
  },
};

export const t21: Row = {
  id: "T21",
  title:
    "PostgreSQL with a full disk, a full log, read-only, without connections: emits are refused, nothing is half-written, it goes on by itself",
  cannotRun: noSmallDisks,
  async run(kit) {
    const server = kit.use(await startOnSmallDisks(`${kit.directory}/small`));
    const site = await kit.site([], server);
    const database = new URL(site.url).pathname.slice(1);
    const ledger = await kit.ledger();
    const fleet = await kit.fleet(site, ["api,worker", "api,worker"]);
    const hooks = [
      await kit.hook(fleet, ledger, "/a/ok", { maxInFlight: IN_FLIGHT }),
      await kit.hook(fleet, ledger, "/b/slow/50", { maxInFlight: IN_FLIGHT }),
    ];
    let ended = 0;
    for (const { exited } of fleet.hubs()) void exited.then(() => ended++);
    const stream = kit.stream(site, fleet);
    const emits = kit.emitter(site, fleet, 20);
    await until("the flow begins", () => emits.acked.length > 10, 30_000);

    const accepted: string[] = [];
    const refused: string[] = [];
    let slowest = 0;
    let slowestRefusal = 0;
    const rounds = kit.size(3, 1);
    for (let round = 0; round < rounds; round++) {
      for (const [name, breakIt] of Object.entries(faults)) {
        const mend = await breakIt(server, database);
        for (const url of fleet.urls()) {
          let refusals = 0;
          const isRefused = async () => (await probe(url, name)) && ++refusals >= REFUSALS;
          await until(`an emit is refused, ${name}`, isRefused, REFUSED_WITHIN_MS);
        }
        holds(ended === 0, `${ended} hub processes ended, ${name}`);
        await mend();
        await until(`PostgreSQL is back, ${name}`, accepts, SERVER_BACK_WITHIN_MS);
        const readyAt = Date.now();
        const before = emits.acked.length;
        await until(
          `an emit is answered again, ${name}`,
          () => emits.acked.length > before,
          FLOWS_WITHIN_MS,
        );
        const fresh = new Set(emits.acked.slice(before));
        const arrives = () => ledger.entries().some(({ id, at }) => at > readyAt && fresh.has(id));
        await until(`an event flows again, ${name}`, arrives, FLOWS_WITHIN_MS);
        slowest = Math.max(slowest, Date.now() - readyAt);
        await pause(kit.random.whole(0, 500));
      }
    }
    await emits.stop();
    await kit.rest(site, 60_000);
    holds(ended === 0, `${ended} hub processes ended`);
    const { sql } = site.db;
    await kit.caughtUp(site, stream);
    const there = await sql`select id from signalbox.events
      where type = 'torture.probe' and data->>'probe' = any(${refused})`;
    holds(there.length === 0, `${there.length} events are there whose emit was refused`);
    const { differences } = await verify(sql, { projectId: null, since: null, until: null });
    holds(differences.length === 0, `half-written: ${JSON.stringify(differences[0])}`);
    const count = Object.keys(faults).length * rounds;
    const invariants = await kit.check({
      sql,
      entries: ledger.entries(),
      acked: [...emits.acked, ...accepted],
      hooks,
      mayRepeat: count * IN_FLIGHT * hooks.length,
      seen: stream.seen,
    });
    return {
      faults: count,
      accepted: emits.acked.length + accepted.length,
      refused: refused.length,
      "ms to refuse, at most": slowestRefusal,
      "ms to flow, at most": slowest,
      ended,
      invariants,
    };

    async function accepts() {
      await using db = openDb(server.url, 1);
      return (await db.sql`select 1`.catch(() => [])).length === 1;
    }

    /** Emits an event that takes room; whether it was refused, which may be said in one way only. */
    async function probe(url: string, during: string): Promise<boolean> {
      const name = randomBytes(12).toString("hex");
      const data = { probe: name, filler: randomBytes(75_000).toString("base64") };
      const input = { type: "torture.probe", data };
      const askedAt = performance.now();
      const answer = await sendTo<Answer>(
        url,
        site.key,
        EMIT,
        { input },
        AbortSignal.timeout(ANSWER_WITHIN_MS),
      ).catch((error: Error) => error);
      if (answer instanceof Error)
        throw new Broken(`an emit had no answer, ${during}: ${answer.message}`);
      const id = answer.data?.emitEvent?.event?.id;
      if (id) {
        accepted.push(id);
        return false;
      }
      const code = answer.errors?.[0]?.extensions.code;
      holds(
        answer.status === 503 && code === "UNAVAILABLE",
        `an emit was answered ${answer.status} ${JSON.stringify(answer.errors ?? answer.data)}, ${during}`,
      );
      slowestRefusal = Math.max(slowestRefusal, Math.round(performance.now() - askedAt));
      // A server that ends itself may have kept what it could not answer any more.
      if (during !== "full disk of the log") refused.push(name);
      return true;
    }
  },
};
