import { expect, test } from "vitest";
import { indexHooksByUser } from "../../src/domain/hook/hookIndex.ts";

const hooks = [
  { id: "1", types: ["*"], userId: null },
  { id: "2", types: ["a.b"], userId: "u" },
  { id: "3", types: ["a.*", "a.b"], userId: null },
  { id: "4", types: ["*"], userId: "u" },
  { id: "5", types: ["a.b"], userId: "v" },
];
const index = indexHooksByUser(hooks);
const idsOf = (type: string, userId: string | null) => index.find(type, userId).map(({ id }) => id);

test.each([
  ["a.b", null, ["1", "3"]],
  ["a.b", "u", ["1", "2", "3", "4"]],
  ["a.b", "v", ["1", "3", "5"]],
  ["a.b", "w", ["1", "3"]],
  ["b", "u", ["1", "4"]],
  ["b", "v", ["1"]],
] as const)(
  "for %s of user %s the hooks of all and of this user are found, oldest first",
  (type, userId, ids) => {
    expect(idsOf(type, userId)).toEqual(ids);
    expect(index.count(type, userId)).toBeGreaterThanOrEqual(ids.length);
  },
);

test("the hooks of other users do not count, however many there are", () => {
  const others = Array.from({ length: 5_000 }, (_, n) => ({
    ...{ id: `x${n}`, types: ["*"], userId: `user ${n}` },
  }));
  const many = indexHooksByUser([...hooks, ...others]);
  expect([many.count("b", "u"), many.count("b", null), many.count("b", "user 7")]).toEqual([
    2, 1, 2,
  ]);
});
