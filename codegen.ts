/**
 * Writes schema.graphql, sorted, and the same as types for the documents of the console; with --check compares
 * both, and looks for elements without a description.
 */
import { readFile, writeFile } from "node:fs/promises";
import { outputIntrospectionFile } from "gql.tada/internal";
import { introspectionFromSchema, lexicographicSortSchema, printSchema } from "graphql";
import { undescribed } from "./src/graphql/builder/undescribed.ts";
import { schema } from "./src/graphql/schema.ts";

const sorted = lexicographicSortSchema(schema);

/** The schema as the types that `graphql()` of the console infers from; its own way to be found is not ours. */
function consoleTypes(): string {
  const options = { fileType: ".d.ts", shouldPreprocess: true } as const;
  const text = outputIntrospectionFile(introspectionFromSchema(sorted), options);
  return `${text.slice(0, text.indexOf("import * as gqlTada")).trimEnd()}\n`;
}

const outputs = [
  { path: "schema.graphql", text: `${printSchema(sorted)}\n` },
  { path: "src/console/gql/schema.d.ts", text: consoleTypes() },
].map((output) => ({ ...output, url: new URL(output.path, import.meta.url) }));

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
  for (const { path, url, text } of outputs) {
    const committed = await readFile(url, "utf8").catch(() => "");
    if (committed !== text) {
      fail(`${path} is stale (npm run schema), ${firstDifference(text, committed)}`);
    }
  }
  const undescribedElements = undescribed(schema);
  if (undescribedElements.length > 0)
    fail(`without a description: ${undescribedElements.join(", ")}`);
} else {
  for (const { url, text } of outputs) await writeFile(url, text);
}
