import { expect, test } from "vitest";
import { testHub } from "./fixtures/hub.ts";
import { startNeighbour, unharmed } from "./fixtures/neighbour.ts";
import { tenantOf } from "./fixtures/tenant.ts";

const HOOKS = 600;
const EVENTS = 40;

test("many events for many hooks are accepted at once, matched in pieces, and nobody else waits", async () => {
  await using hub = await testHub({ roles: { api: true, worker: true } });
  await using neighbour = await startNeighbour(hub);
  const tenant = await tenantOf(hub);
  const one = (index: number) =>
    `h${index}: registerHook(input: { types: ["wide"], url: "http://127.0.0.1:9/", retries: 0, name: "h${index}" }) { hook { id } }`;
  const names = Array.from({ length: HOOKS }, (_, index) => index);
  for (let from = 0; from < HOOKS; from += 20) {
    await tenant.run(
      `mutation { ${names
        .slice(from, from + 20)
        .map(one)
        .join("\n")} }`,
    );
  }
  // Paused, so that what is matched can be counted without sending any of it.
  const { sql } = hub.db;
  await sql`update signalbox.hooks set status = 'PAUSED' where kind = 'HOOK'`;
  await sql`update signalbox.heads set config_version = config_version + 1`;
  const input = Array.from({ length: EVENTS }, () => ({ type: "wide" }));
  await unharmed(neighbour, async () => {
    const { emitEvents } = await tenant.run<{ emitEvents: { events: { status: string }[] } }>(
      "mutation ($input: [EmitEventInput!]!) { emitEvents(input: $input) { events { status } } }",
      { input },
    );
    // As many as may be matched at once are, the others later.
    expect(new Set(emitEvents.events.map(({ status }) => status))).toEqual(
      new Set(["DISPATCHED", "STAGED"]),
    );
    const written = async () => {
      const [row] = await sql<{ deliveries: number; staged: number }[]>`
        select (select count(*)::int from signalbox.deliveries d join signalbox.hooks h on h.id = d.hook_id) as deliveries,
          (select count(*)::int from signalbox.events where status = 'STAGED') as staged`;
      return row;
    };
    await expect
      .poll(written, { timeout: 100_000, interval: 250 })
      .toEqual({ deliveries: HOOKS * EVENTS, staged: 0 });
  });
}, 150_000);
