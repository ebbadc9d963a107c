import { expect, test } from "vitest";
import { violates } from "../../src/db/connection/violates.ts";

const error = (message: string, rest: object) => Object.assign(new Error(message), rest);
const onNode = (index: string) =>
  error(`duplicate key value violates unique constraint "${index}"`, { code: "23505" });

test("a unique index is known by its name, and on a node of Citus by the message and the shard's number", () => {
  const told = error("in any language", { code: "23505", constraint_name: "hooks_name" });
  expect(violates(told, "hooks_name")).toBe(true);
  expect(violates(onNode("hooks_name"), "hooks_name")).toBe(true);
  expect(violates(onNode("hooks_name_102111"), "hooks_name")).toBe(true);
});

test("neither another index nor another error is taken for it", () => {
  expect(violates(onNode("hooks_name_key"), "hooks_name")).toBe(false);
  expect(violates(onNode("old_hooks_name_102111"), "hooks_name")).toBe(false);
  expect(violates(error("hooks_name", { code: "23514" }), "hooks_name")).toBe(false);
  expect(violates("hooks_name", "hooks_name")).toBe(false);
});
