import { afterAll, beforeAll, expect, test } from "vitest";
import { cli } from "../fixtures/cli.ts";
import { settingsFor } from "../fixtures/cliProcess.ts";
import { emitMany, register } from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import {
  blockedKeys,
  type OrderedReceiver,
  orderedReceiver,
  release,
} from "../fixtures/ordered.ts";
import { answer, rest, told } from "../fixtures/rest.ts";
import { following, overSocket } from "../fixtures/subscription.ts";

let hub: TestHub;
let target: OrderedReceiver;
beforeAll(async () => {
  [hub, target] = await Promise.all([testHub(), orderedReceiver()]);
  target.decide = ({ n }) => (n === 1 ? 500 : 200);
});
afterAll(async () => {
  await hub[Symbol.asyncDispose]();
  await target[Symbol.asyncDispose]();
});

const soon = { timeout: 30_000 };
const settings = { format: "DATA", orderBy: "event.data.key", retries: 0 };
const emitOf = (type: string, keys: string[]) =>
  emitMany(
    hub,
    keys.flatMap((key) => [1, 2, 3].map((n) => ({ type, data: { key, n } }))),
  );

test("REST registers a hook with order, lists its blocked keys page by page, and frees them", async () => {
  const hook = await answer<{ id: string }>(
    rest(hub, "POST", "/v1/hooks", { body: { url: target.url, types: ["rest"], ...settings } }),
    201,
  );
  expect(hook).toMatchObject({ orderBy: "event.data.key", onOrderFailure: "BLOCK" });
  await emitOf("rest", ["a", "b"]);
  const path = `/v1/hooks/${hook.id}/blocked-keys`;
  type Page = {
    items: { key: string; waiting: number; deliveryId: string }[];
    cursor: string | null;
  };
  const page = (query = "") => answer<Page>(rest(hub, "GET", path + query));
  await expect.poll(async () => (await page()).items.length, soon).toBe(2);
  const first = await page("?limit=1");
  const second = await page(`?limit=1&after=${first.cursor}`);
  expect(
    [...first.items, ...second.items].map(({ key, waiting }) => [key, waiting]).sort(),
  ).toEqual([
    ["a", 2],
    ["b", 2],
  ]);
  expect(second.cursor).toBeNull();
  const lost = await answer<object>(
    rest(hub, "GET", `/v1/deliveries/${first.items[0]?.deliveryId}`),
  );
  expect(lost).toMatchObject({ status: "FAILED", orderKey: first.items[0]?.key });

  const free = (body: object) => rest(hub, "POST", `${path}/release`, { body });
  expect(await told(free({ key: "c" }))).toBe("404 NOT_FOUND key");
  expect(await told(free({ key: "a", skip: "yes" }))).toBe("422 INVALID skip");
  expect(await answer<object>(free({ key: "a", skip: true }))).toMatchObject({ id: hook.id });
  await expect.poll(() => target.accepted("a"), soon).toEqual([2, 3]);
  expect((await page()).items.map(({ key }) => key)).toEqual(["b"]);
});

test("the command line shows blocked keys and releases them", async () => {
  const on = async (...args: string[]) => {
    const { code, stdout, stderr } = await cli(settingsFor(hub), ...args);
    expect([code, stderr], args.join(" ")).toEqual([0, ""]);
    return stdout
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  };
  const order = ["--order-by", "event.data.key", "--on-order-failure", "BLOCK", "--retries", "0"];
  const create = ["hook", "create", target.url, "cli", "--name", "cli", "--format", "DATA"];
  expect(await on(...create, ...order)).toMatchObject([{ orderBy: "event.data.key" }]);
  await emitOf("cli", ["d"]);
  await expect
    .poll(() => on("hook", "blocked", "cli"), soon)
    .toMatchObject([{ key: "d", waiting: 2, delivery: { status: "FAILED" } }]);
  await on("hook", "release", "cli", "d", "--skip");
  await expect.poll(() => target.accepted("d"), soon).toEqual([2, 3]);
  const again = await cli(settingsFor(hub), "hook", "release", "cli", "d");
  expect([again.code, again.stderr]).toEqual([1, expect.stringContaining("no blocked key 'd'")]);
});

test("a key that is blocked or freed is told to subscribers of the hook", async () => {
  type Told = { node: { id?: string; blockedKeys?: { nodes: { key: string }[] } } };
  const { id } = await register(hub, { url: target.url, types: ["live"], ...settings });
  await using live = overSocket<Told>(
    hub,
    "subscription { activity { node { ... on Hook { id blockedKeys { nodes { key } } } } } }",
  );
  const last = () => live.items.findLast(({ node }) => node.id === id)?.node.blockedKeys?.nodes;
  await following(hub.url, 1);
  await emitOf("live", ["e"]);
  await expect.poll(last, soon).toEqual([{ key: "e" }]);
  expect(await blockedKeys(hub, id)).toHaveLength(1);
  await release(hub, id, "e", true);
  await expect.poll(last, soon).toEqual([]);
});
