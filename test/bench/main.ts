import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { createClient } from "graphql-ws";
import { WebSocket } from "ws";
import { type BenchHub, startHubProcess } from "./hubProcess.ts";
import { atRate, concurrently, perSecond, type Spread, spread } from "./measure.ts";
import { rawPosts } from "./raw.ts";
import { type BenchReceiver, startReceiver } from "./receiverProcess.ts";

/**
 * `npm run bench`: what the hub does on this machine, beside what the machine can do at all (R), in one run.
 * Prints a table and writes test/bench/latest.json.
 */
const DELIVERED = 20_000;
const SINGLES = 20_000;
const EMITTERS = 64;
const RATE = 200;
const RATE_SECONDS = 10;
const pad = "y".repeat(200);

const register = `mutation ($url: String!, $types: [String!]!) {
  registerHook(input: { url: $url, types: $types, maxInFlight: 256 }) { hook { id } userErrors { message } } }`;
const emitOne = `mutation ($input: EmitEventInput!) { emitEvent(input: $input) { event { id } userErrors { message } } }`;
const emitMany = `mutation ($input: [EmitEventInput!]!) { emitEvents(input: $input) { events { id } userErrors { message } } }`;

async function deliveredPerSecond(hub: BenchHub, target: BenchReceiver): Promise<number> {
  const batch = Array.from({ length: 500 }, () => ({ type: "bench.deliver", data: { pad } }));
  const send = async (count: number) => {
    await target.reset();
    await concurrently(count / batch.length, 2, () => hub.run(emitMany, { input: batch }));
    await target.until(count);
  };
  await send(2_000);
  return perSecond(DELIVERED, () => send(DELIVERED));
}

async function singleEmits(hub: BenchHub): Promise<{ perSecond: number; ms: Spread }> {
  const emit = () => hub.run(emitOne, { input: { type: "bench.single", data: { pad } } });
  await concurrently(3_000, EMITTERS, emit);
  let took: number[] = [];
  const rate = await perSecond(SINGLES, async () => {
    took = await concurrently(SINGLES, EMITTERS, emit);
  });
  return { perSecond: rate, ms: spread(took) };
}

async function latencies(
  hub: BenchHub,
  target: BenchReceiver,
): Promise<{ receiver: Spread; subscriber: Spread }> {
  const client = createClient({
    url: `${hub.url.replace("http", "ws")}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${hub.key}` },
  });
  const seen: number[] = [];
  const query = `subscription { eventEmitted(types: ["bench.latency"]) { event { data } } }`;
  const subscribed = client.iterate<{ eventEmitted: { event: { data: { sentAt: string } } } }>({
    query,
  });
  const reading = (async () => {
    for await (const { data } of subscribed) {
      const sentAt = data?.eventEmitted.event.data.sentAt;
      if (sentAt) seen.push(Number(process.hrtime.bigint() - BigInt(sentAt)) / 1e6);
    }
  })();
  const emit = () =>
    hub.run(emitOne, {
      input: { type: "bench.latency", data: { sentAt: String(process.hrtime.bigint()) } },
    });
  await atRate(RATE, 2, emit);
  await target.reset();
  seen.length = 0;
  await atRate(RATE, RATE_SECONDS, emit);
  await target.until(RATE * RATE_SECONDS);
  const receiver = spread(await target.latencies());
  await subscribed.return?.();
  await reading;
  await client.dispose();
  return { receiver, subscriber: spread(seen) };
}

const round = (value: number) => (value >= 100 ? Math.round(value).toString() : value.toFixed(1));
const show = ({ p50, p95, p99, max }: Spread) =>
  `${round(p50)} / ${round(p95)} / ${round(p99)} / ${round(max)}`;

async function main() {
  using target = await startReceiver();
  const raw = await rawPosts(target.url);
  await using hub = await startHubProcess();
  await hub.run(register, { url: target.url, types: ["bench.deliver", "bench.latency"] });
  const delivered = await deliveredPerSecond(hub, target);
  const singles = await singleEmits(hub);
  const latency = await latencies(hub, target);
  const rows = [
    [
      "R: raw keep-alive POSTs a second, node:http / undici",
      `${round(raw.nodeHttp)} / ${round(raw.undici)}`,
      "1.00",
    ],
    [
      "delivered a second, end to end (20,000 events, batches of 500)",
      round(delivered),
      (delivered / raw.nodeHttp).toFixed(2),
    ],
    [
      "accepted a second, 64 single emitters over HTTP",
      round(singles.perSecond),
      (singles.perSecond / raw.nodeHttp).toFixed(2),
    ],
    ["  a single emit, ms: p50 / p95 / p99 / max", show(singles.ms), ""],
    ["emit to receiver at 200/s, ms: p50 / p95 / p99 / max", show(latency.receiver), ""],
    ["emit to subscriber at 200/s, ms: p50 / p95 / p99 / max", show(latency.subscriber), ""],
  ];
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
  const machine = `${cpus().length} cores, ${cpus()[0]?.model.trim()}, Node.js ${process.version}`;
  console.log(`\n${machine}; commit ${commit}\n`);
  console.log("| what | figure | ÷ R |\n|---|---|---|");
  for (const row of rows) console.log(`| ${row.join(" | ")} |`);
  const figures = {
    at: new Date().toISOString(),
    commit,
    machine,
    raw,
    delivered,
    singles,
    latency,
  };
  writeFileSync(join(import.meta.dirname, "latest.json"), `${JSON.stringify(figures, null, 2)}\n`);
}

await main();
