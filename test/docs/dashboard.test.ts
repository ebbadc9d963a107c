import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { testHub } from "../fixtures/hub.ts";

type Target = { expr: string; refId: string };
type Panel = {
  id: number;
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets: Target[];
};
type Dashboard = {
  title: string;
  uid: string;
  panels: Panel[];
  templating: { list: { name: string }[] };
};

const text = await readFile(
  new URL("../../deploy/grafana/signalbox.json", import.meta.url),
  "utf8",
);
const dashboard: Dashboard = JSON.parse(text);

/** Words of an expression that name no metric: PromQL's own, and labels. */
const language = /^(?:by|sum|max|rate|histogram_quantile|le|job|outcome|server|hook_status|up)$/;

const metricsOf = ({ expr }: Target) =>
  [...expr.replace(/"[^"]*"|\$\w+/g, "").matchAll(/[a-z_]{2,}[a-z_\d]*/g)]
    .map(([word]) => word)
    .filter((word) => !language.test(word));

test("every metric that the dashboard for Grafana asks for is one that the hub shows", async () => {
  // A standby's lag is told when there is one.
  await using hub = await testHub();
  const metrics = await (await fetch(`${hub.url}/metrics`)).text();
  const shown = new Set([...metrics.matchAll(/^# TYPE (\S+) (\w+)/gm)].map(([, name]) => name));
  shown.add("signalbox_standby_lag_seconds");
  const targets = dashboard.panels.flatMap(({ targets }) => targets);
  expect(targets.length).toBeGreaterThan(15);
  const asked = new Set(targets.flatMap(metricsOf).map((name) => name.replace(/_bucket$/, "")));
  for (const name of asked) expect(shown).toContain(name);
  // And all of the hub's own are on it.
  for (const name of shown) if (name?.startsWith("signalbox_")) expect(asked).toContain(name);
});

test("the dashboard is whole: panels have ids of their own, do not overlap, and use variables that it has", () => {
  const { panels, templating } = dashboard;
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) => {
    expect(x + w).toBeLessThanOrEqual(24);
    return Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`);
  });
  expect(new Set(cells).size).toBe(cells.length);
  const variables = templating.list.map(({ name }) => name);
  const used = new Set([...text.matchAll(/\$\{?(\w+)/g)].map(([, name]) => name));
  used.delete("__rate_interval");
  expect([...used].sort()).toEqual(variables.sort());
});
