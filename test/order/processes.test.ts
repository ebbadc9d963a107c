import { expect, test } from "vitest";
import { verify } from "../../src/verify/run.ts";
import { emit, emitMany, register } from "../fixtures/hooks.ts";
import { testHub } from "../fixtures/hub.ts";
import { orderedReceiver } from "../fixtures/ordered.ts";

const KEYS = ["a", "b", "c", "d"];

test("several processes that accept and deliver at once keep the order of the feed", async () => {
  await using hub = await testHub();
  await using other = await testHub(hub.settings);
  await using target = await orderedReceiver(1);
  let failures = 0;
  const failed = new Set<string>();
  target.decide = ({ key, n }) => {
    if (n % 7 !== 0 || failed.has(`${key} ${n}`)) return 200;
    failed.add(`${key} ${n}`);
    failures++;
    return 500;
  };
  await register(hub, {
    url: target.url,
    types: ["both", "sql"],
    format: "DATA",
    orderBy: "event.data.key",
    retryScheduleMs: [100],
  });
  let n = 0;
  const next = (type: string) => ({ type, data: { key: KEYS[n % KEYS.length], n: ++n } });
  const work: Promise<unknown>[] = [];
  for (let turn = 0; turn < 60; turn++) {
    const to = turn % 2 === 0 ? hub : other;
    if (turn % 5 === 0)
      work.push(
        emitMany(
          to,
          Array.from({ length: 8 }, () => next("both")),
        ),
      );
    else if (turn % 7 === 0) {
      const { data } = next("sql");
      const text = JSON.stringify(data);
      work.push(Promise.resolve(hub.db.sql`select signalbox.emit('sql', ${text}::text::jsonb)`));
    } else work.push(emit(to, { ...next("both"), waitMs: 0 }));
    if (turn % 4 === 0) await Promise.all(work);
  }
  await Promise.all(work);
  await expect
    .poll(() => KEYS.flatMap((key) => target.accepted(key)).length, { timeout: 30_000 })
    .toBe(n);
  const accepted = await hub.db.sql<{ key: string; n: number }[]>`
    select e.data ->> 'key' as key, (e.data ->> 'n')::int as n
    from signalbox.changes c join signalbox.events e on e.id = c.event_id
    where c.kind = 'DELIVERY' and c.created order by c.position`;
  for (const key of KEYS)
    expect(target.accepted(key)).toEqual(
      accepted.filter((one) => one.key === key).map((one) => one.n),
    );
  expect(target.mostOfKey).toBe(1);
  expect(failures).toBeGreaterThan(0);
  const all = { projectId: null, since: null, until: null };
  await expect
    .poll(async () => (await verify(hub.db.sql, all)).differences, { timeout: 10_000 })
    .toEqual([]);
});
