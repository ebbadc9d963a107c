import { expect, test } from "vitest";
import { replayDeliveries } from "../../src/domain/replay/replay.ts";
import { change, countByStatus, emitMany, register, update } from "../fixtures/hooks.ts";
import { testHub } from "../fixtures/hub.ts";
import { receiver, status } from "../fixtures/receiver.ts";
import { cancel, replayOf } from "../fixtures/replays.ts";

const DAY_MS = 86_400_000;
const patience = { timeout: 60_000 };

test("a recovery tries at once what waits, in chunks like every replay: most still waits while its hook is busy", async () => {
  await using hub = await testHub();
  await using target = await receiver(status(503));
  const { id: hookId } = await register(hub, {
    ...{ url: target.url, types: ["waiting"], retries: 1, retryScheduleMs: [DAY_MS] },
  });
  await emitMany(
    hub,
    Array.from({ length: 650 }, () => ({ type: "waiting" })),
  );
  await expect.poll(() => countByStatus(hub, hookId), patience).toEqual({ RETRYING: 650 });
  target.answer = status(200);
  await update(hub, hookId, { rateLimitPerSecond: 1 });
  const { sql } = hub.db;
  const [hook] = await sql<{ projectId: string }[]>`
    select project_id as "projectId" from signalbox.hooks where id = ${hookId}`;
  const wanted = { hookId, status: ["FAILED" as const], hastens: true, since: new Date(0) };
  const { id, matched } = await replayDeliveries(sql, hook?.projectId ?? "", wanted);
  expect(matched).toBe(650);
  await expect
    .poll(async () => (await replayOf(hub, id)).created, patience)
    .toBeGreaterThanOrEqual(100);
  const created = (await cancel(hub, id)).replay?.created ?? 0;
  expect(created % 25).toBe(0);
  expect(created).toBeLessThan(650);
  const [waiting] = await sql<{ n: number }[]>`
    select count(*)::int as n from signalbox.queue
    where hook_id = ${hookId} and due_at > now() + interval '1 hour'`;
  expect(waiting?.n).toBe(650 - created);
  await change(hub, "deleteHook", hookId);
});
