import { expect, test } from "vitest";
import { testHub } from "../fixtures/hub.ts";
import { manyHooks } from "../fixtures/manyHooks.ts";
import { startNeighbour, unharmed } from "../fixtures/neighbour.ts";
import { tenantOf } from "../fixtures/tenant.ts";

/** Hooks of the one type, and how many of them are of the other, too; then how many events of each. */
const WIDE = 600;
const NARROW = 90;
const WIDE_EVENTS = 20;
const NARROW_EVENTS = 120;

test("many events for many hooks are accepted at once, matched in pieces, and nobody else waits", async () => {
  await using hub = await testHub({ roles: { api: true, worker: true } });
  await using neighbour = await startNeighbour(hub);
  const tenant = await tenantOf(hub);
  await manyHooks(tenant, WIDE, (index) => (index < NARROW ? ["wide", "narrow"] : ["wide"]));
  // Paused, so that what is matched can be counted without sending any of it.
  const { sql } = hub.db;
  await sql`update signalbox.hooks set status = 'PAUSED' where kind = 'HOOK'`;
  await sql`update signalbox.heads set config_version = config_version + 1`;
  const input = [
    ...Array.from({ length: WIDE_EVENTS }, () => ({ type: "wide" })),
    ...Array.from({ length: NARROW_EVENTS }, () => ({ type: "narrow" })),
  ];
  await unharmed(neighbour, async () => {
    const { emitEvents } = await tenant.run<{
      emitEvents: { events: { type: string; status: string }[] };
    }>(
      "mutation ($input: [EmitEventInput!]!) { emitEvents(input: $input) { events { type status } } }",
      { input },
    );
    const statusesOf = (type: string) =>
      new Set(emitEvents.events.filter((event) => event.type === type).map(({ status }) => status));
    // With more hooks than 100 none is matched before its answer; with fewer as many as one batch may.
    expect(statusesOf("wide")).toEqual(new Set(["STAGED"]));
    expect(statusesOf("narrow")).toEqual(new Set(["DISPATCHED", "STAGED"]));
    const written = async () => {
      const [row] = await sql<{ deliveries: number; staged: number }[]>`
        select (select count(*)::int from signalbox.deliveries d join signalbox.hooks h on h.id = d.hook_id) as deliveries,
          (select count(*)::int from signalbox.events where status = 'STAGED') as staged`;
      return row;
    };
    await expect
      .poll(written, { timeout: 240_000, interval: 250 })
      .toEqual({ deliveries: WIDE * WIDE_EVENTS + NARROW * NARROW_EVENTS, staged: 0 });
  });
});
