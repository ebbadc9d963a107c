import type { Found } from "../../fixtures/nameServer.ts";
import { EMIT_MANY, holdsSpeed, latencies } from "../kit/latencies.ts";
import { cannotMakeNamespaces, type Namespace } from "../kit/netns.ts";
import { save, startNetwork } from "../kit/network.ts";
import { until } from "../kit/until.ts";
import { holds, type Row } from "../row.ts";

type Shape = {
  name: string;
  /** What the name server says of the name once its hook is saved. */
  found: (space: Namespace) => Found;
  outcome: string;
  error: string | null;
};

const refused = { outcome: "REFUSED", error: "address not allowed" };
const failed = (error: string) => ({ outcome: "CONNECTION_ERROR", error: `dns error: ${error}` });
const noAddress = failed("the name has no address");
const thousand = (first: string, last: string) => [
  first,
  ...Array.from({ length: 998 }, (_, index) => `11.98.${index >> 8}.${index & 255}`),
  last,
];

const shapes: Shape[] = [
  { name: "nxdomain", found: () => "NXDOMAIN", ...failed("name not found") },
  { name: "servfail", found: () => "SERVFAIL", ...failed("the name server failed") },
  { name: "empty", found: () => [], ...noAddress },
  {
    name: "thousand",
    found: ({ publicHere }) => thousand(publicHere, "11.98.9.9"),
    ...{ outcome: "SUCCESS", error: null },
  },
  {
    name: "thousand-one-private",
    found: ({ publicHere }) => thousand(publicHere, "10.0.0.1"),
    ...refused,
  },
  { name: "loop", found: () => [{ cname: "pool.example", addresses: [] }], ...noAddress },
  { name: "mixed", found: ({ publicHere }) => [publicHere, "192.168.0.1"], ...refused },
  { name: "rebound", found: () => ["127.0.0.1"], ...refused },
  {
    name: "garbage",
    found: () => "GARBAGE",
    ...failed("the name server's answer is malformed"),
  },
  ...[1, 2, 3, 4].map((number) => ({
    name: `silent-${number}`,
    found: () => "SILENT" as const,
    ...failed("the name server did not answer"),
  })),
];

/** Silent names are to be silent for as long as the healthy hooks are measured. */
const SILENT_SLOTS = 4;

export const t29: Row = {
  id: "T29",
  title:
    "name servers that fail, lie, loop or are silent: each delivery says what went wrong, healthy hooks hardly notice",
  cannotRun: cannotMakeNamespaces,
  async run(kit) {
    const site = await kit.site();
    const { sql } = site.db;
    // Every name is good when its hook is saved, and stays so for the healthy.
    let isGood = true;
    const network = await startNetwork(kit, site, (space) => (name) => {
      const shape = shapes.find((one) => name === `${one.name}.example`);
      if (name === "pool.example") return [{ cname: "loop.example", addresses: [] }];
      return isGood || !shape ? [space.publicHere] : shape.found(space);
    });
    const ledger = await kit.ledger(network.publicHere);
    const { port } = new URL(ledger.url);
    const hub = await network.hub();
    const register = async (name: string, path: string, type: string) => {
      const url = `http://${name}.example:${port}${path}`;
      const input = { url, types: [type], timeoutMs: 10_000, maxInFlight: 16 };
      const slots = type.startsWith("silent") ? { maxInFlight: SILENT_SLOTS } : {};
      const { id, code } = await save(hub, { ...input, ...slots });
      if (!id) throw new Error(`${url} was refused: ${code}`);
    };
    const healthy = kit.size(20, 5);
    for (let number = 0; number < healthy; number++)
      await register(`healthy-${number}`, `/healthy-${number}/close`, "healthy");
    for (const { name } of shapes) await register(name, `/${name}/ok`, name);
    // At least as long as the silent names take: two tries of 1.5 s and more for each delivery of a slot.
    const measured = { rounds: kit.size(120, 60), hooks: healthy, everyMs: 200 };
    // The first calls of a new process take longer.
    await latencies(hub, ledger, { name: "warm-up", ...measured, rounds: 20 });
    const before = await latencies(hub, ledger, { name: "before", ...measured });

    isGood = false;
    const each = kit.size(20, 2 * SILENT_SLOTS);
    const input = shapes.flatMap(({ name }) => Array(each).fill({ type: name }));
    await hub.run(EMIT_MANY, { input });
    const beside = await latencies(hub, ledger, { name: "beside", ...measured });
    const open = async () =>
      (await sql`select id from signalbox.deliveries where completed_at is null`).length;
    await until("every delivery has come to its end", async () => (await open()) === 0, 90_000);

    const rows = await sql<{ type: string; outcome: string; error: string; count: number }[]>`
      select e.type, a.outcome, a.error, count(*)::int as count from signalbox.deliveries d
      join signalbox.events e on e.id = d.event_id join signalbox.attempts a on a.delivery_id = d.id
      where e.type <> 'healthy' group by e.type, a.outcome, a.error`;
    for (const { name, outcome, error } of shapes) {
      const found = rows.filter(({ type }) => type === name);
      const isRight = found.every((row) => row.outcome === outcome && row.error === error);
      holds(
        isRight && found[0]?.count === each,
        `${name} is not ${each} × ${outcome} (${error}) but ${JSON.stringify(found)}`,
      );
    }
    holdsSpeed(before, beside);
    return {
      shapes: shapes.length - 3,
      "deliveries to them": shapes.length * each,
      "silent names": 4,
      "p95 ms before": Math.round(before.p95),
      "p95 ms beside": Math.round(beside.p95),
    };
  },
};
