import { expect, test } from "vitest";
import { createTurns } from "../../src/util/turns.ts";

/** Keeps the process busy. */
function compute(ms: number) {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

test("who comes while nobody waits has its turn at once", () => {
  const turns = createTurns(60_000);
  expect(turns.take("a")).toBeUndefined();
  expect(turns.take("b")).toBeUndefined();
});

test("many of one have their turns in slices, and what comes between them is heard", async () => {
  const turns = createTurns(5);
  const done: string[] = [];
  const work = async (holder: string, name: string) => {
    await turns.take(holder);
    compute(10);
    done.push(name);
  };
  const many = Array.from({ length: 6 }, (_, index) => work("a", `a${index}`));
  setImmediate(() => many.push(work("b", "b")));
  await Promise.all(many);
  await Promise.all(many);
  expect(done.indexOf("b")).toBeLessThanOrEqual(3);
  expect(done.filter((name) => name !== "b")).toEqual(["a0", "a1", "a2", "a3", "a4", "a5"]);
});

test("holders have their turns one after the other", async () => {
  const turns = createTurns(5);
  const done: string[] = [];
  turns.take("first");
  compute(10);
  const names = ["a1", "a2", "a3", "b1", "c1", "b2"];
  const work = names.map(async (name) => {
    await turns.take(name.slice(0, 1));
    done.push(name);
  });
  await Promise.all(work);
  expect(done).toEqual(["a1", "b1", "c1", "a2", "b2", "a3"]);
});
