/** Writes schema.graphql, sorted; with --check compares it, and looks for elements without a description. */
import { readFile, writeFile } from "node:fs/promises";
import { lexicographicSortSchema, printSchema } from "graphql";
import { schema } from "./src/graphql/schema.ts";
import { undescribed } from "./src/graphql/undescribed.ts";

const file = new URL("schema.graphql", import.meta.url);
const printed = `${printSchema(lexicographicSortSchema(schema))}\n`;

/** The first line in which two texts differ. */
function firstDifference(ours: string, theirs: string): string {
  const [was, is] = [theirs.split("\n"), ours.split("\n")];
  const line = is.findIndex((text, index) => text !== was[index]);
  const at = line < 0 ? is.length : line;
  return `line ${at + 1}:\n- ${was[at] ?? "(end)"}\n+ ${is[at] ?? "(end)"}`;
}

function fail(message: string): void {
  process.stderr.write(`${message}\n`);
  process.exitCode = 1;
}

if (process.argv.includes("--check")) {
  const committed = await readFile(file, "utf8").catch(() => "");
  if (committed !== printed) {
    fail(`schema.graphql is stale (npm run schema), ${firstDifference(printed, committed)}`);
  }
  const bare = undescribed(schema);
  if (bare.length > 0) fail(`without a description: ${bare.join(", ")}`);
} else {
  await writeFile(file, printed);
}
