import { expect, test } from "vitest";
import { takePlaces } from "../../src/db/event/orderGates.ts";
import { emit, register } from "../fixtures/hooks.ts";
import { testHub } from "../fixtures/hub.ts";
import { orderedReceiver } from "../fixtures/ordered.ts";

const soon = { timeout: 60_000 };

test("an event for which others wait wakes them when it is cancelled or rescheduled", async () => {
  await using target = await orderedReceiver();
  await using hub = await testHub({ roles: { api: true, worker: false } });
  const { sql } = hub.db;
  const settings = { url: target.url, format: "DATA", orderBy: "event.data.key" };
  await register(hub, { ...settings, types: ["gate"] });
  const [project] = await sql<{ id: string }[]>`select id from signalbox.projects`;
  /** The jobs that are to match an event. */
  const jobsOf = async (id: string) =>
    (
      await sql`select from graphile_worker._private_jobs
        where (payload->'eventIds')::jsonb @> ${JSON.stringify([id])}::text::jsonb`
    ).length;
  for (const [key, mutation] of [
    ["a", "cancelEvent(id: $id)"],
    ["b", "rescheduleEvent(id: $id, delay: 3600)"],
  ] as const) {
    const of = (n: number) => ({ type: "gate", data: { key, n }, waitMs: 0 });
    const first = await emit(hub, { ...of(1), delay: 3_600 });
    await sql`update signalbox.events set due_at = now() where id = ${first.id}`;
    await takePlaces(sql, project?.id ?? "", [first.id]);
    const second = await emit(hub, of(2));
    expect(second.status).toBe("STAGED");
    await expect.poll(() => jobsOf(second.id), soon).toBe(1);
    await hub.run(
      `mutation ($id: ID!) { left: ${mutation} { event { id } userErrors { message } } }`,
      { id: first.id },
    );
    expect(await jobsOf(second.id), mutation).toBe(2);
  }
  await using _worker = await testHub({ ...hub.settings, roles: { api: false, worker: true } });
  await expect.poll(() => [target.numbers("a"), target.numbers("b")], soon).toEqual([[2], [2]]);
});
