import { afterAll, beforeAll, expect, test } from "vitest";
import { queueDepths } from "../../src/db/queue/depth.ts";
import { change, register } from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { type Receiver, receiver } from "../fixtures/receiver.ts";
import { begin } from "../fixtures/replays.ts";

let hub: TestHub;
let target: Receiver;
beforeAll(async () => {
  target = await receiver();
  hub = await testHub();
});
afterAll(async () => {
  await hub[Symbol.asyncDispose]();
  await target[Symbol.asyncDispose]();
});

const emit = (type: string, more = "") =>
  hub.run(`mutation { emitEvent(input: { type: "${type}" ${more} }) { event { id } } }`);
const metrics = async () => (await fetch(`${hub.url}/metrics`)).text();
const numberOf = (text: string, line: string) =>
  Number(
    text
      .split("\n")
      .find((one) => one.startsWith(`${line} `))
      ?.split(" ")[1],
  );
const delivered = async (part: "count" | "sum") =>
  numberOf(await metrics(), `signalbox_emit_to_delivered_seconds_${part}`);

test("the time from emit to delivered counts each delivered event once, a scheduled one from when it was due, and no replay", async () => {
  const { id } = await register(hub, { url: target.url, types: ["a"] });
  await emit("a", "waitMs: 10000");
  expect(await delivered("count")).toBe(1);
  const sum = await delivered("sum");
  await emit("a", "delay: 1.5");
  await expect.poll(() => delivered("count")).toBe(2);
  const [late] = await hub.db.sql<{ sinceEmit: number }[]>`
    select extract(epoch from d.completed_at - e.received_at)::float as "sinceEmit"
    from signalbox.ended_deliveries d join signalbox.events e on e.id = d.event_id
    where e.scheduled_for is not null`;
  expect((await delivered("sum")) - sum).toBeLessThan((late?.sinceEmit ?? 0) - 1);
  const before = target.requests.length;
  await begin(hub, { hookId: id });
  await expect.poll(() => target.requests.length).toBe(before + 2);
  await emit("a", "waitMs: 10000");
  expect(await delivered("count")).toBe(3);
});

test("waiting deliveries are counted by the state of their hooks, and nothing names a project", async () => {
  const paused = await register(hub, { url: target.url, types: ["b"] });
  await register(hub, { url: target.url, types: ["b"], name: "taken" });
  await change(hub, "pauseHook", paused.id);
  await emit("b", "waitMs: 1");
  await emit("b", "waitMs: 1");
  const depths = async () =>
    Object.fromEntries(
      (await queueDepths(hub.db.sql)).map(({ status, waiting }) => [status, waiting]),
    );
  await expect.poll(depths).toEqual({ ACTIVE: 0, PAUSED: 2, PENDING_VERIFICATION: 0 });
  const text = await metrics();
  expect(
    [...text.matchAll(/^signalbox_queue_depth\{(.*)\} \d+$/gm)].map(([, labels]) => labels),
  ).toEqual(
    ["ACTIVE", "PAUSED", "PENDING_VERIFICATION"].map((status) => `hook_status="${status}"`),
  );
  expect(text).not.toMatch(/^signalbox_.*(project|tenant|hook_id|type)=/m);
});
