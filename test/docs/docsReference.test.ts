import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { commandsOf, createProgram, usageOf } from "../../src/cli/program.ts";
import { actionLimits } from "../../src/domain/action/actionInput.ts";
import { DELIVERIES_AT_ONCE } from "../../src/domain/event/dispatch.ts";
import { MATCH_AT_ONCE } from "../../src/domain/hook/hookMatch.ts";
import { DELIVERIES_IN_PLACE } from "../../src/domain/hook/hookMatching.ts";
import { workflowLimits } from "../../src/domain/workflow/workflowInput.ts";
import { limits } from "../../src/http/gate/limits.ts";
import { createMetrics } from "../../src/http/metrics.ts";
import { firstColumn, page, section } from "../fixtures/documents.ts";

const root = new URL("../../", import.meta.url);
const english = (number: number) => number.toLocaleString("en");

test("the table of settings names every setting there is", async () => {
  const files = ["config", "hubSettings", "mailSettings"].map((name) => `src/config/${name}.ts`);
  const texts = await Promise.all(files.map((file) => readFile(new URL(file, root), "utf8")));
  const config = texts.join("\n");
  const settings = [...config.matchAll(/^ {2}([A-Z][A-Z_]+): /gm)].map(([, name]) => name);
  expect(settings.length).toBeGreaterThan(10);
  expect(firstColumn(section("operate", "## Settings")).sort()).toEqual(settings.sort());
});

test("the table of metrics is complete", async () => {
  const metrics = await createMetrics(null, {
    oldestDueSeconds: async () => 0,
    queueDepths: async () => [],
  }).registry.getMetricsAsJSON();
  for (const { name } of metrics) {
    if (name.startsWith("signalbox_")) {
      expect(section("operate", "## Watch")).toContain(`| \`${name}`);
    }
  }
});

test("the table of dependencies is complete, and every npm override is explained", async () => {
  const text = await readFile(new URL("package.json", root), "utf8");
  const { dependencies, devDependencies, optionalDependencies, overrides } = JSON.parse(text);
  const explained = section("decisions", "## Dependencies");
  const patterns = firstColumn(explained).map(
    (name) => new RegExp(`^${name.replaceAll("*", ".+")}$`),
  );
  const all = { ...dependencies, ...devDependencies, ...optionalDependencies };
  const unexplained = Object.keys(all).filter(
    (name) => !patterns.some((pattern) => pattern.test(name)),
  );
  expect(unexplained).toEqual([]);
  for (const shared of Object.values<Record<string, string>>(overrides ?? {})) {
    for (const [name, version] of Object.entries(shared))
      expect(explained).toContain(`\`${name}\` (${version}`);
  }
});

test("the commands of the documents are those of the code", () => {
  const usages = commandsOf(createProgram()).map(usageOf);
  const shown = (name: string) => section(name, "## Commands").split("\n");
  const lines = usages.map((usage) => `signalbox ${usage}`);
  expect(shown("cli").filter((line) => line.startsWith("signalbox "))).toEqual(lines);
  for (const line of shown("operate").filter((line) => line.startsWith("npx signalbox ")))
    expect(lines).toContain(line.replace("npx signalbox", "signalbox"));
});

test("the limits of documents are those of the code", () => {
  const { characters, tokens, brackets, depth, aliases, rootFields, directives, overlaps, cost } =
    limits;
  expect(page("limits")).toContain(
    `${english(characters)} characters, ${english(tokens)} tokens, ${brackets} brackets in each other, depth ${depth}, ${aliases} aliases, ${rootFields} root fields, ${directives} directives, ${overlaps} fields and fragments that are repeated |`,
  );
  expect(page("limits")).toContain(`multiplied by their \`first\` | ${english(cost)} |`);
});

test("the limits of actions are those of the code", () => {
  const { actions, buttonText, metaBytes, expireIn } = actionLimits;
  expect(page("limits")).toContain(
    `${actions}; ${buttonText} characters; ${metaBytes / 1024} KiB, 64 levels; 1 to ${english(expireIn)} minutes`,
  );
});

test("the limits of workflows are those of the code", () => {
  const { workflows, steps, url, bodyBytes, variablesBytes } = workflowLimits;
  expect(page("limits")).toContain(
    `| workflow | ${english(workflows)} in a project; ${steps} steps, each with a \`url\` of ${english(url)} characters, 20 headers, a \`body\` of ${bodyBytes / 1024} KiB as written`,
  );
  expect(page("limits")).toContain(
    `| variables of an installation | ${variablesBytes / 1024} KiB |`,
  );
});

test("the limits of matching an event before it is accepted are those of the code", () => {
  expect(page("limits")).toContain(
    `at most ${english(MATCH_AT_ONCE)} hooks of its type and ${DELIVERIES_IN_PLACE} deliveries;`,
  );
  expect(page("limits")).toContain(`written in pieces of ${DELIVERIES_AT_ONCE} |`);
});

test("what a program imports, in documents, is what the package exports", async () => {
  const { exports } = JSON.parse(await readFile(new URL("package.json", root), "utf8"));
  const exported = Object.keys(exports).map((name) => name.replace(/^\./, "signalbox"));
  expect(firstColumn(section("install", "## What a program imports"))).toEqual(exported);
});
