import { mkdir, open, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { startHubProcess } from "../hubProcess.ts";
import type { BenchServer } from "../server.ts";
import type { Answer } from "./ask.ts";

const folder = join(import.meta.dirname, "../plans");

/** Sessions of one database log the plan of every statement, as it was carried out, with its values. */
const SETTINGS = {
  session_preload_libraries: "auto_explain",
  "auto_explain.log_min_duration": "0",
  "auto_explain.log_analyze": "on",
  "auto_explain.log_buffers": "on",
};

const LOGGED_MS = 500;

/** What was written to a file from a place on. */
async function readFrom(path: string, start: number): Promise<string> {
  await using file = await open(path);
  const { size } = await file.stat();
  const { buffer } = await file.read(Buffer.alloc(size - start), { position: start });
  return buffer.toString("utf8");
}

/**
 * Asks each question once more as it was asked the slowest time, and writes the plans that PostgreSQL made for it to
 * test/bench/plans: those of its slowest statement that read a table of the hub.
 */
export async function explain(
  server: BenchServer,
  url: string,
  settings: Record<string, string>,
  answers: Answer[],
): Promise<void> {
  const name = new URL(url).pathname.slice(1);
  for (const [key, value] of Object.entries(SETTINGS))
    await server.sql.unsafe(`alter database ${name} set ${key} = '${value}'`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await using hub = await startHubProcess({ env: settings });
  for (const [index, { name: question, ms, slowest, error }] of answers.entries()) {
    const { size } = await stat(server.log);
    await hub.run(slowest).catch(() => {});
    // A plan is logged when its statement is put away, which the answer does not wait for.
    await pause(LOGGED_MS);
    const plans = (await readFrom(server.log, size))
      .split(/^(?=\S.*LOG: {2}duration: )/m)
      // What the API reads, it reads as a project; the rest is what the hub does beside.
      .filter((entry) => /duration: .*plan:/.test(entry) && /signalbox\.project'::text/.test(entry))
      .map((entry) => ({ entry, took: Number(/duration: ([\d.]+) ms/.exec(entry)?.[1] ?? 0) }))
      .sort((a, b) => b.took - a.took)
      .slice(0, 3);
    const head = `${question}: p50 ${ms.p50.toFixed(1)} ms, p99 ${ms.p99.toFixed(1)} ms${error ? `; ${error}` : ""}\n${slowest}\n`;
    const file = `${String(index + 1).padStart(2, "0")}-${question.replace(/\W+/g, "-").replace(/-$/, "")}.txt`;
    await writeFile(join(folder, file), [head, ...plans.map(({ entry }) => entry)].join("\n"));
  }
  for (const key of Object.keys(SETTINGS))
    await server.sql.unsafe(`alter database ${name} reset ${key}`);
}
