import { readFile } from "node:fs/promises";
import { expect, onTestFinished, test } from "vitest";
import type { FilterEvent } from "../../src/domain/filter/filterEvent.ts";
import { ProgramStopped } from "../../src/domain/program/programs.ts";
import { createSandbox } from "../../src/sandbox/sandbox.ts";

const sandbox = () => {
  const made = createSandbox();
  onTestFinished(() => made[Symbol.dispose]());
  return made;
};
const event = (data: unknown): FilterEvent => ({
  id: "0199c0de-0000-7000-8000-000000000001",
  type: "ticket.created",
  data: JSON.stringify(data),
  source: "/projects/default",
  name: "ticket.created",
  category: null,
  userId: null,
  subject: null,
  contextId: null,
  channels: null,
  tags: null,
  changed: null,
  origin: "API",
});
const many = Array.from({ length: 1_000 }, (_, index) => index);
const large = Array.from({ length: 40_000 }, (_, index) => index);
const endless = 'event.data.l.all(x, !("x" in event.data.big)) && '.repeat(20).concat("true");

test("a program that never ends in time is stopped, says so, and the next one runs", async () => {
  const { run } = sandbox();
  await expect(
    run("a", "filter", { filter: endless, event: event({ l: many, big: large }) }),
  ).rejects.toThrow(new ProgramStopped("took longer than 1000 ms of processor time"));
  expect(await run("b", "filter", { filter: "event.data == 1", event: event(1) })).toEqual({
    matched: true,
    detail: null,
  });
});

test("a program that takes too much memory ends its process alone, and says so", async () => {
  const doubled = Array.from({ length: 11 }, (_, i) => `cel.bind(v${i + 1}, v${i} + v${i}, `);
  const filter = `cel.bind(v0, event.data.big, ${doubled.join("")}size(v11) > 0${")".repeat(12)}`;
  const { run } = sandbox();
  await expect(run("a", "filter", { filter, event: event({ big: large }) })).rejects.toThrow(
    ProgramStopped,
  );
  expect(await run("a", "filter", { filter: "true", event: event(1) })).toMatchObject({
    matched: true,
  });
});

test("what is wrong with a program is thrown as it is thrown in place", async () => {
  const { run } = sandbox();
  await expect(run("a", "filter", { filter: "1 +", event: event(1) })).rejects.toMatchObject({
    name: "UserError",
    entries: [{ code: "FILTER_INVALID", path: ["filter"] }],
  });
});

test("a project that has used up its share waits, and is told when it waits too long; others run", async () => {
  const { run } = sandbox();
  const costly = () =>
    run("a", "filter", { filter: endless, event: event({ l: many, big: large }) });
  const outcomes = Promise.allSettled(Array.from({ length: 12 }, costly));
  for (let turn = 0; turn < 20; turn += 1)
    expect(await run("b", "filter", { filter: "true", event: event(1) })).toMatchObject({
      matched: true,
    });
  const reasons = (await outcomes).map((outcome) =>
    outcome.status === "rejected" ? outcome.reason.name : "answered",
  );
  expect(new Set(reasons)).toEqual(new Set(["ProgramStopped", "Overloaded"]));
});

test("a process that was killed from outside, idle or busy, is the fault of no program", async () => {
  const { run } = sandbox();
  const verdict = () => run("a", "filter", { filter: "true", event: event(1) });
  const others = await sandboxProcesses();
  await verdict();
  const [idle] = await sandboxProcesses(others);
  if (idle === undefined) throw new Error("no sandbox process");
  process.kill(idle, "SIGKILL");
  await expect.poll(() => isThere(idle)).toBe(false);
  expect(await verdict()).toMatchObject({ matched: true });
  const busy = run("a", "filter", { filter: endless, event: event({ l: many, big: large }) });
  const [other] = await sandboxProcesses(others);
  // Ctrl-C in a terminal reaches it, too.
  for (const signal of ["SIGINT", "SIGTERM", "SIGKILL"] as const) process.kill(other ?? 0, signal);
  await expect(busy).rejects.toThrow("the sandbox process was killed");
  expect(await verdict()).toMatchObject({ matched: true });
});

test("what waits when a sandbox is disposed of starts no process any more", async () => {
  const others = await sandboxProcesses();
  const { run, [Symbol.dispose]: dispose } = sandbox();
  const costly = { filter: endless, event: event({ l: many, big: large }) };
  const first = run("a", "filter", costly, { until: new AbortController().signal });
  void run("a", "filter", costly, { until: new AbortController().signal }).catch(() => {});
  await expect.poll(() => sandboxProcesses(others)).toHaveLength(1);
  dispose();
  await expect(first).rejects.toThrow();
  await expect.poll(() => sandboxProcesses(others)).toEqual([]);
});

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** The sandbox processes of this one, but for those of others. */
async function sandboxProcesses(others: number[] = []): Promise<number[]> {
  const { pid } = process;
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, "latin1");
  const pids = text.split(" ").filter(Boolean).map(Number);
  const lines = await Promise.all(
    pids.map((child) => readFile(`/proc/${child}/cmdline`, "latin1").catch(() => "")),
  );
  return pids.filter(
    (child, index) => !others.includes(child) && lines[index]?.includes("sandbox/child.ts"),
  );
}
