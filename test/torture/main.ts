import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { citusServer } from "./kit/citusServer.ts";
import { startServer } from "./kit/server.ts";
import { type Mutant, mutants } from "./mutants.ts";
import { rows } from "./rows.ts";
import { type Result, runRow } from "./run.ts";

/**
 * On the databases of its own server, or of the Citus at CITUS_URL.
 *
 * `npm run torture [-- T1 T12] [--smoke] [--seed N] [--mutants]`: breaks real hub processes, and the PostgreSQL under
 * them, in the ways of the torture table, and looks whether the promises hold. With `--mutants` the hub is broken on
 * purpose instead, and each mutant must turn its row red. Prints a table and writes a report, test/torture/latest.json
 * when it was the whole table.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    smoke: { type: "boolean", default: false },
    mutants: { type: "boolean", default: false },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
  },
});
const seed = Number(values.seed);
const wanted = new Set(positionals.map((id) => id.toUpperCase()));
const unknown = [...wanted].filter((id) => !rows.some((row) => row.id === id));
if (unknown.length > 0 || !Number.isSafeInteger(seed)) {
  console.error(
    `There are the rows ${rows.map(({ id }) => id).join(" ")}, and a seed is a whole number.`,
  );
  process.exit(2);
}
const isWanted = (id: string) => wanted.size === 0 || wanted.has(id);

type Line = Result & { mutant?: string };

const show = ({ mutant, row, size, seconds, verdict, reason, counts }: Line) => {
  const said = Object.entries(counts)
    .filter(([name]) => name !== "invariants")
    .map(([name, value]) => `${value} ${name}`);
  const name = mutant ? `${row}, ${mutant}` : row;
  return `| ${name} | ${size} | ${seconds} | ${said.join(", ") || (reason?.split("\n")[0] ?? "")} | ${verdict} |`;
};

/** Rows one after the other, each told as it ends. */
async function torture(directory: string): Promise<Line[]> {
  const citus = process.env.CITUS_URL;
  await using server = citus
    ? await citusServer(citus)
    : await startServer(join(directory, "server"));
  const lines: Line[] = [];
  const note = (line: Line) => {
    lines.push(line);
    console.log(show(line));
    if (line.counts.invariants) console.log(`    ${line.counts.invariants}`);
    if (line.verdict === "failed") console.log(`    ${line.reason}`);
  };
  const settings = { server, directory, seed };
  if (!values.mutants) {
    for (const row of rows.filter(({ id }) => isWanted(id)))
      note(await runRow(row, { ...settings, isSmoke: values.smoke }));
    return lines;
  }
  for (const mutant of mutants.filter(({ row }) => isWanted(row))) note(await runMutant(mutant));
  return lines;

  /** A mutant is caught when its row finds a broken promise; a row that fails by itself has shown nothing. */
  async function runMutant({ row: id, name, patches }: Mutant): Promise<Line> {
    const row = rows.find((one) => one.id === id);
    if (!row) throw new Error(`no row ${id}`);
    const result = await runRow(row, { ...settings, isSmoke: true, mutant: patches });
    const isCaught = result.verdict === "failed" && result.isBroken;
    return {
      ...result,
      mutant: name,
      verdict: isCaught ? "passed" : "failed",
      reason: isCaught ? `caught: ${result.reason}` : (result.reason ?? "nobody noticed"),
    };
  }
}

const directory = await mkdtemp(join(tmpdir(), "signalbox-torture-"));
console.log(`seed ${seed}; what is received and accepted is written to ${directory}\n`);
console.log("| row | size | seconds | counts | verdict |\n|---|---|---|---|---|");
const lines = await torture(directory);
const count = (verdict: string) => lines.filter((line) => line.verdict === verdict).length;
const machine = `${cpus().length} cores, ${cpus()[0]?.model.trim()}, Node.js ${process.version}`;
const report = { at: new Date().toISOString(), machine, seed, mutants: values.mutants, lines };
// Only a whole run is worth keeping.
const isWhole = wanted.size === 0 && (values.mutants || !values.smoke);
const kept = values.mutants ? "mutants.json" : "latest.json";
const name = isWhole ? kept : "partial.json";
await writeFile(join(import.meta.dirname, name), `${JSON.stringify(report, null, 2)}\n`);
console.log(
  `\n${machine}; seed ${seed}: ${count("passed")} passed, ${count("failed")} failed, ${count("not run")} not run`,
);
// What a failed row received and accepted stays, to be looked at.
if (count("failed") === 0) await rm(directory, { recursive: true, force: true });
process.exit(count("failed") === 0 ? 0 : 1);
