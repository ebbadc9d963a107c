import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { machinesNode } from "./hubProcess.ts";
import { head, type Line, type Part, row } from "./part.ts";
import { backfill } from "./parts/backfill.ts";
import { backlog } from "./parts/backlog.ts";
import { beside } from "./parts/beside.ts";
import { delivered } from "./parts/delivered.ts";
import { emits } from "./parts/emits.ts";
import { fanOut } from "./parts/fanOut.ts";
import { grown } from "./parts/grown.ts";
import { latency } from "./parts/latency.ts";
import { order } from "./parts/order.ts";
import { profile } from "./parts/profile.ts";
import { rest } from "./parts/rest.ts";
import { scaleOut } from "./parts/scaleOut.ts";
import { start } from "./parts/start.ts";
import { subscribers } from "./parts/subscribers.ts";
import { targets } from "./parts/targets.ts";
import { rawPosts } from "./raw.ts";
import { startReceiver } from "./receiverProcess.ts";

/**
 * `npm run bench [-- PART … [--scale=0.1]]`: what the hub does on this machine, beside what the machine can do at all
 * (R), in one run. Prints a table. A whole run at full scale is added to test/bench/history.json. The part `targets`
 * has every figure that the hub has a target for. Parts that take long run by their name alone: `grown`, `scale-out`,
 * `profile`; and `beside`, which is `targets` of another checkout and this one in turns: `--beside=DIRECTORY`.
 */
const parts: Part[] = [
  targets,
  delivered,
  emits,
  latency,
  fanOut,
  subscribers,
  backlog,
  order,
  backfill,
  rest,
  start,
];
const { positionals: wanted, values } = parseArgs({
  allowPositionals: true,
  options: { scale: { type: "string", default: "1" }, beside: { type: "string" } },
});
const byName: Part[] = [grown, scaleOut, profile, beside(values.beside)];
const all = [...parts, ...byName];
const scale = Number(values.scale);
if (wanted.some((name) => !all.some((part) => part.name === name)) || !(scale > 0 && scale <= 1)) {
  const names = all.map(({ name }) => name).join(", ");
  console.error(`There are the parts ${names}; --scale is over 0 and at most 1.`);
  process.exit(2);
}

execFileSync("npm", ["run", "--silent", "build:server"]);
const hubsNode = execFileSync(machinesNode, ["--version"], { encoding: "utf8" }).trim();
const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
const machine = `${cpus().length} cores, ${cpus()[0]?.model.trim()}, Node.js ${process.version}, the hub on ${hubsNode}`;
console.log(`\n${machine}; commit ${commit}\n`);
console.log(head(["what", "figure", "÷ R", "aim"]));

using target = await startReceiver();
const raw = await rawPosts(target.url);
const lines: Line[] = [
  { what: "R: raw keep-alive POSTs a second, node:http", figure: raw.nodeHttp, ratio: 1 },
  { what: "  the same with undici", figure: raw.undici, ratio: raw.undici / raw.nodeHttp },
];
for (const line of lines) console.log(row(line));
const chosen = wanted.length > 0 ? all.filter(({ name }) => wanted.includes(name)) : parts;
for (const part of chosen) {
  if (part.heading) console.log(`\n${head(part.heading)}`);
  for await (const line of await part.measure({ target, raw: raw.nodeHttp, scale })) {
    lines.push(line);
    console.log(row(line));
  }
}

if (wanted.length === 0 && scale === 1) {
  const path = join(import.meta.dirname, "history.json");
  const history: unknown[] = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : [];
  history.push({ at: new Date().toISOString(), commit, machine, lines });
  writeFileSync(path, `${JSON.stringify(history, null, 2)}\n`);
}
