import { readFile } from "node:fs/promises";
import { createProject } from "../../../src/domain/project/project.ts";
import { sendTo } from "../../fixtures/hub.ts";
import { startNeighbour } from "../../fixtures/neighbour.ts";
import { Broken, holds, type Row } from "../row.ts";

const MINUTE_MS = 60_000;
/** The promise is 250 ms on a quiet machine. */
const MOST_WAIT_MS = 1_500;
const MOST_MEMORY_MIB = 900;

const list = Array.from({ length: 1_000 }, (_, index) => index);
const big = Array.from({ length: 30_000 }, (_, index) => index);
const quadratic = Array(30).fill('event.data.list.all(x, !("x" in event.data.big))').join(" && ");
const doubled = Array.from({ length: 12 }, (_, i) => `cel.bind(v${i + 1}, v${i} + v${i}, `);
const swelling = `cel.bind(v0, event.data.big, ${doubled.join("")}size(v12) > 0${")".repeat(13)}`;
const doubling = {
  $defs: {
    node: {
      type: "object",
      properties: { next: { anyOf: [{ $ref: "#/$defs/node" }, { $ref: "#/$defs/node" }] } },
      required: ["never"],
    },
  },
  $ref: "#/$defs/node",
};
const nested = (depth: number): object => (depth === 0 ? {} : { next: nested(depth - 1) });

const PREVIEW = `query ($input: PreviewHookInput!) { previewHook(input: $input, first: 5) { trials { reason } } }`;
const EMIT = `mutation ($input: [EmitEventInput!]!) { emitEvents(input: $input) { events { id } } }`;
const HOOK = `mutation ($input: RegisterHookInput!) { registerHook(input: $input) { hook { id } } }`;
const TYPE = `mutation ($input: RegisterEventTypeInput!) {
  registerEventType(input: $input) { userErrors { message } } }`;

export const t32: Row = {
  id: "T32",
  title:
    "a tenant's filters and schemas that never end or fill the memory: they end, and nobody else waits or is harmed",
  cannotRun: () => (process.platform === "linux" ? null : "peak memory is read from /proc"),
  async run(kit) {
    const site = await kit.site();
    const ledger = await kit.ledger();
    const fleet = await kit.fleet(site, ["api,worker"]);
    const [hub] = fleet.hubs();
    if (!hub) throw new Error("no hub");
    await kit.hook(fleet, ledger, "/a/ok");
    await using neighbour = await startNeighbour({ url: hub.url, db: site.db });
    const { key } = await createProject(site.db.sql, "Hostile");
    // Nothing but the hub itself can cut an answer off here.
    const send = (query: string, variables: object) =>
      sendTo(hub.url, key, query, variables).catch((error) => {
        throw new Broken(`the hub gave no answer: ${error}`);
      });
    const target = `${ledger.url}/hostile/ok`;
    for (const [index, filter] of [quadratic, swelling].entries())
      await send(HOOK, { input: { types: [`cel.${index}`], filter, url: target } });
    await send(TYPE, { input: { name: "doubling", schema: doubling } });
    const rounds = kit.size(10, 2);
    let sent = 0;
    const flood = async () => {
      for (let round = 0; round < rounds; round++) {
        const events = [0, 1].map((index) => ({ type: `cel.${index}`, data: { list, big } }));
        const asks = [
          send(EMIT, { input: events }),
          send(EMIT, { input: events.map((event) => ({ ...event, delay: 0.1 })) }),
          send(EMIT, { input: Array(30).fill({ type: "doubling", data: nested(40) }) }),
          ...[quadratic, swelling].map((filter, index) =>
            send(PREVIEW, { input: { types: [`cel.${index}`], filter } }),
          ),
        ];
        await Promise.all(asks);
        sent += asks.length;
      }
    };
    const { waits } = await neighbour.during(flood);
    holds(waits.wrong.length === 0, `a neighbour was told: ${waits.wrong[0]}`);
    holds(waits.p99Ms < MOST_WAIT_MS, `a neighbour waited ${Math.round(waits.p99Ms)} ms`);
    const memory = await peakMiB(hub.pid);
    holds(memory < MOST_MEMORY_MIB, `the hub holds ${memory} MiB`);
    await kit.rest(site, 3 * MINUTE_MS);
    const stuck = await site.db.sql`select status from signalbox.events
      where status in ('STAGED', 'SCHEDULED', 'DISPATCHED')`;
    holds(stuck.length === 0, `${stuck.length} events are ${stuck[0]?.status} for ever`);
    const harmed = await site.db.sql`select status from signalbox.deliveries
      where status <> 'SUCCEEDED'`;
    holds(harmed.length === 0, `a delivery is ${harmed[0]?.status}`);
    return { sent, p99Ms: Math.round(waits.p99Ms), emits: waits.count, memory };
  },
};

/** The most memory that a process has held; throws when it has ended. */
async function peakMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? [];
  holds(kib !== undefined, "the hub's process has ended");
  return Math.round(Number(kib) / 1_024);
}
