import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { testHub } from "../fixtures/hub.ts";

const root = new URL("../../", import.meta.url);
const rules = (await readFile(new URL("src/http/alerts.yml", root), "utf8"))
  .split(/^ {6}- alert: /m)
  .slice(1);
const nameOf = (rule: string) => rule.split("\n", 1)[0] ?? "";

/** Words of an expression that name no metric. */
const language = /^(?:and|on|by|sum|max|rate|changes|histogram_quantile|le|job|outcome|up)$/;

/** The expression, without its strings and times. */
function expressionOf(rule: string): string {
  const [, text = ""] = /^ {8}expr: ([\s\S]*?)\n {8}\w/m.exec(rule) ?? [];
  return text.replace(/"[^"]*"|\[\d+[mh]\]/g, "");
}

test("every alert rule is complete, and every metric in it is one that the hub shows", async () => {
  await using hub = await testHub();
  const metrics = await (await fetch(`${hub.url}/metrics`)).text();
  const shown = new Set([...metrics.matchAll(/^# TYPE (\S+) (\w+)/gm)].map(([, name]) => name));
  expect(rules.length).toBeGreaterThan(5);
  for (const rule of rules) {
    expect(rule).toMatch(/^\w+\n/);
    expect(rule).toMatch(/^ {8}labels: \{ severity: (?:page|ticket) \}$/m);
    expect(rule).toMatch(/^ {8}annotations: \{ summary: ".+" \}$/m);
    const words = [...expressionOf(rule).matchAll(/[a-z_]{2,}[a-z_\d]*/gi)].map(([word]) => word);
    const named = words.filter((word) => !language.test(word));
    // Prometheus makes `up` itself.
    expect(named.length > 0 || words.includes("up"), rule).toBe(true);
    for (const name of named) expect(shown, rule).toContain(name.replace(/_bucket$/, ""));
  }
});

test("README says of every alert what it means", async () => {
  const readme = await readFile(new URL("README.md", root), "utf8");
  const [, section = ""] = /\n\*\*What each alert means\.\*\*([\s\S]*?)\n## /.exec(readme) ?? [];
  const explained = [...section.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
  expect(explained).toEqual(rules.map(nameOf));
});
