import { migrateAged } from "../../fixtures/agedPartitions.ts";
import { type Answer, ask } from "../grown/ask.ts";
import { explain } from "../grown/explain.ts";
import { DAYS, fill, prepare, RETENTION_DAYS } from "../grown/fill.ts";
import { forget } from "../grown/forget.ts";
import { questions } from "../grown/queries.ts";
import { takeSamples } from "../grown/samples.ts";
import { startHubProcess } from "../hubProcess.ts";
import { median, perSecond, type Spread } from "../measure.ts";
import { register } from "../operations.ts";
import { atLeast, atMost, type Bench, type Line, type Part } from "../part.ts";
import type { BenchReceiver } from "../receiverProcess.ts";
import { type BenchServer, closing, startServer } from "../server.ts";
import { TYPE as DELIVERED, send } from "./delivered.ts";
import { TYPE as LATENCY, latencyAt } from "./latency.ts";

/** The empty hub and the grown one take turns, so that what else the machine does falls on both. */
const ROUNDS = 3;
const RATE = 200;
const MOST_SENT = 20_000;
/** Deliveries, over a month. */
const STORED = 10_000_000;
const SLOW_MS = 50;
/** Of what the empty hub does, the grown one is to do as much. */
const HELD = 0.95;
/** So many of the slowest questions have their plans kept, slow or not. */
const PLANS = 8;

type Figures = { rate: number; receiver: Spread; seen: Spread };

const say = (text: string) => console.error(`  grown: ${text}`);

const settingsOn = (server: BenchServer, url: string) => ({
  ...server.hubOn(url).env,
  SIGNALBOX_RETENTION_DAYS: String(RETENTION_DAYS),
});

/** A new process on this database: what it delivers a second, and how old events are on arrival. */
async function speedOf(
  settings: Record<string, string>,
  target: BenchReceiver,
  count: number,
  isNew: boolean,
): Promise<Figures> {
  await using hub = await startHubProcess({ env: settings });
  if (isNew) for (const type of [DELIVERED, LATENCY]) await register(hub, target.url, type);
  await send(hub, target, count / 5);
  const rate = await perSecond(count, () => send(hub, target, count));
  return { rate, ...(await latencyAt(hub, target, RATE)) };
}

/** Each percentile's median over the rounds. */
const together = (spreads: Spread[]): Spread => ({
  p50: median(spreads.map(({ p50 }) => p50)),
  p95: median(spreads.map(({ p95 }) => p95)),
  p99: median(spreads.map(({ p99 }) => p99)),
  max: median(spreads.map(({ max }) => max)),
});

/** Both hubs' figure, and what the grown one's is of the empty one's. */
function latencyLines(what: string, empty: Spread, grown: Spread): Line[] {
  return [
    { what: `${what} at ${RATE}/s, ms, empty: p50 / p95 / p99 / max`, figure: empty },
    { what: "  grown", figure: grown },
    {
      what: "  empty ÷ grown, p50",
      figure: empty.p50 / grown.p50,
      ...atLeast(empty.p50 / grown.p50, HELD),
    },
    {
      what: "  empty ÷ grown, p99",
      figure: empty.p99 / grown.p99,
      ...atLeast(empty.p99 / grown.p99, HELD),
    },
  ];
}

async function compareSpeed(
  server: BenchServer,
  url: string,
  { target, scale }: Bench,
): Promise<Line[]> {
  const count = Math.min(MOST_SENT, Math.floor((STORED * scale) / 5_000) * 1_000);
  const empty: Figures[] = [];
  const grown: Figures[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    say(`round ${round + 1} of ${ROUNDS}`);
    const fresh = settingsOn(server, await server.newDatabase());
    empty.push(await speedOf(fresh, target, count, true));
    grown.push(await speedOf(settingsOn(server, url), target, count, round === 0));
  }
  const [was, is] = [empty, grown].map((all) => median(all.map(({ rate }) => rate)));
  const ratio = (is ?? 0) / (was ?? 1);
  return [
    { what: "delivered a second, empty", figure: was ?? 0 },
    { what: "  grown", figure: is ?? 0 },
    { what: "  grown ÷ empty", figure: ratio, ...atLeast(ratio, HELD) },
    ...latencyLines(
      "emit to receiver",
      together(empty.map(({ receiver }) => receiver)),
      together(grown.map(({ receiver }) => receiver)),
    ),
    ...latencyLines(
      "emit to subscriber",
      together(empty.map(({ seen }) => seen)),
      together(grown.map(({ seen }) => seen)),
    ),
  ];
}

function listLines(answers: Answer[]): Line[] {
  const [worst] = answers;
  const line = ({ name, ms, error }: Answer): Line => ({
    what: `${name}, ms: p50 / p95 / p99 / max${error ? ` (${error})` : ""}`,
    figure: ms,
  });
  if (!worst) return [];
  return [
    ...answers.filter(({ ms, error }) => ms.p99 > SLOW_MS || error).map(line),
    {
      what: `the slowest of ${answers.length} lists and statistics, p99: ${worst.name}`,
      figure: worst.ms.p99,
      ...atMost(worst.ms.p99, SLOW_MS, " ms"),
    },
  ];
}

/** Whether a hub is as fast with a month of deliveries in its tables as with none. */
export const grown: Part = {
  name: "grown",
  async measure(bench) {
    const { scale, target } = bench;
    const stored = STORED * scale;
    await using server = await startServer();
    const url = await server.newDatabase();
    const settings = settingsOn(server, url);
    await migrateAged(url, DAYS, RETENTION_DAYS);
    const workflowId = await (async () => {
      await using hub = await startHubProcess({ env: settings });
      return await prepare(hub, target.url);
    })();
    const at = performance.now();
    await fill(server, url, stored, workflowId, say);
    const seconds = (performance.now() - at) / 1_000;
    await using session = closing(await server.session(url));
    const [size] = await session.it<{ gib: number }[]>`
      select pg_database_size(current_database()) / 1024.0 ^ 3 as gib`;
    const lines: Line[] = [
      { what: `${stored} deliveries filled in, s`, figure: seconds },
      { what: "  GiB of the database", figure: Number(size?.gib) },
    ];
    lines.push(...(await compareSpeed(server, url, bench)));
    say("lists");
    const asked = questions(await takeSamples(session.it, 40));
    const answers = await (async () => {
      await using hub = await startHubProcess({ env: settings });
      return await ask(hub, asked);
    })();
    const slow = answers.filter(({ ms }, index) => index < PLANS || ms.p99 > SLOW_MS);
    // Plans over few rows say nothing of those over many.
    if (scale === 1) await explain(server, url, settings, slow);
    say("retention");
    return [...lines, ...listLines(answers), ...(await forget(url, settings, target))];
  },
};
