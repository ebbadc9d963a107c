import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Sql } from "../../src/db/connection/client.ts";
import type { DeliveryStatus } from "../../src/db/delivery/deliveries.ts";
import type { EventStatus } from "../../src/db/event/events.ts";
import { lastSeenPerType } from "../../src/db/event/lastSeen.ts";
import { type EventFilter, listEvents } from "../../src/db/event/list.ts";
import { MAX_SCANNED_ROWS } from "../../src/db/page/boundedScan.ts";
import {
  type DeliveryFilter,
  deliveriesPerParent,
  listDeliveries,
} from "../../src/db/page/lists.ts";
import type { PageRequest } from "../../src/db/page/page.ts";
import { hookQueuesOf, MAX_COUNTED } from "../../src/db/project/counters.ts";
import { type RunStatus, runsPerParent } from "../../src/db/workflow/workflowRuns.ts";
import { newId } from "../../src/util/ids.ts";
import {
  busyHookId,
  hookId,
  longLists,
  projectId,
  ROWS,
  type Waiting,
  workflowId,
} from "../fixtures/longLists.ts";

type Lists = Awaited<ReturnType<typeof longLists>>;
const backlogs: Waiting[] = ["few", "all", "all, counted as none"];
const made = new Map<Waiting, Lists>();
beforeAll(async () => {
  for (const waiting of backlogs) made.set(waiting, await longLists(waiting));
});
afterAll(async () => {
  for (const lists of made.values()) await lists[Symbol.asyncDispose]();
});
const listsOf = (waiting: Waiting): Lists => {
  const lists = made.get(waiting);
  if (!lists) throw new Error("the lists were not made");
  return lists;
};

const forwards: PageRequest = { limit: 20, backward: false, after: undefined, before: undefined };

/** Rows that this session has read so far, of each table with its partitions; PostgreSQL counts some separately for a while. */
const readSoFar = (sql: Sql) => sql<{ name: string; read: number }[]>`
  select coalesce(pg_partition_root(relid), relid)::regclass::text as name,
    sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::int as read
  from pg_stat_xact_user_tables where schemaname = 'signalbox' group by 1`;

/** The most rows that some reading reads of one table. */
const rowsReadBy = (
  reading: (sql: Sql) => Promise<unknown>,
  waiting: Waiting = "few",
): Promise<number> =>
  listsOf(waiting).reader.sql.begin(async (tx) => {
    const before = new Map((await readSoFar(tx)).map(({ name, read }) => [name, read]));
    await reading(tx);
    return Math.max(
      ...(await readSoFar(tx)).map(({ name, read }) => read - (before.get(name) ?? 0)),
    );
  });

/** It finds out how far it may look, and looks: each row twice at most. */
const MOST_READ = MAX_SCANNED_ROWS * 2 + 100;

const gone: DeliveryStatus[] = ["GONE"];
const failed: EventStatus[] = ["FAILED"];
const longAgo = new Date(Date.now() - ROWS * 1_000);

const events: EventFilter[] = [
  {},
  { types: ["type.1"] },
  { types: ["type.0", "type.1", "type.2"] },
  { types: ["type.0", "type.2"], status: failed },
  { types: ["none.*"] },
  { types: ["none"] },
  { status: failed },
  { status: ["CANCELLED"] },
  { status: ["SCHEDULED"] },
  { status: ["STAGED"] },
  { status: ["SCHEDULED", "STAGED"] },
  { category: "rare" },
  { category: "none" },
  { types: ["old"] },
  { types: ["old", "none"] },
  { types: ["old", "none"], search: "no such words" },
  { contextId: "old" },
  { contextId: "old", status: failed },
  { contextId: "old", userId: "none", types: ["type.2"] },
  { userId: "old" },
  { subjectType: "old" },
  { subjectType: "old", subjectId: "old" },
  { userId: "none", status: failed },
  { subjectType: "none" },
  { subjectId: "none" },
  { search: "no such words" },
  { until: longAgo },
  { since: new Date(), status: failed },
];
test.each(events)(
  "a list of events by %o reads no more rows however many there are",
  async (filter) => {
    for (const backward of [false, true]) {
      const request = { ...forwards, backward };
      expect(
        await rowsReadBy((sql) => listEvents(sql, projectId, filter, request)),
      ).toBeLessThanOrEqual(MOST_READ);
    }
  },
);

const deliveries: DeliveryFilter[] = [
  {},
  { eventId: newId() },
  { eventId: newId(), hookId, status: gone },
  { hookId },
  { status: gone },
  { status: ["SUCCEEDED"] },
  { status: ["FAILED", "QUARANTINED"] },
  { status: ["FAILED", "GONE"] },
  { status: ["PENDING", "RETRYING"] },
  { status: ["RETRYING"] },
  { hookId, status: ["RETRYING"] },
  { status: ["PARKED"] },
  { hookId, status: ["PARKED"] },
  { hookId: busyHookId, status: ["PENDING"] },
  { hookId: busyHookId, status: ["PARKED"] },
  { status: ["PARKED", "SUCCEEDED"] },
  { hookId, status: gone },
  { hookId, status: ["FAILED"] },
  { since: longAgo, until: longAgo },
  { since: new Date(Date.now() + 60_000) },
  { until: new Date(Date.now() - ROWS * 500), status: gone },
  { search: "no such words" },
  { search: "no such words", hookIds: [hookId, busyHookId], status: gone },
  { search: "no such words", hookId, types: ["type.1"] },
];
describe.each(backlogs)("with %s waiting", (waiting) => {
  test.each(deliveries)(
    "a list of deliveries by %o reads no more rows however many there are",
    async (filter) => {
      const reading = (sql: Sql) => listDeliveries(sql, projectId, filter, forwards);
      expect(await rowsReadBy(reading, waiting)).toBeLessThanOrEqual(MOST_READ);
    },
  );
});

const manyHooks = [...Array.from({ length: 50 }, newId), hookId];
const ofHooks: [hooks: string[], status: DeliveryStatus[] | null][] = [
  [[hookId], gone],
  [[hookId], ["FAILED"]],
  [[hookId], null],
  [manyHooks, gone],
  [manyHooks, ["PARKED"]],
  [manyHooks, ["PENDING", "RETRYING"]],
  [manyHooks, null],
];
describe.each(backlogs)("with %s waiting", (waiting) => {
  test.each(ofHooks)(
    "deliveries of hooks %o in states %o read no more rows however many there are",
    async (hooks, status) => {
      const reading = (sql: Sql) =>
        deliveriesPerParent(sql, projectId, "hookId", hooks, status, forwards);
      expect(await rowsReadBy(reading, waiting)).toBeLessThanOrEqual(MOST_READ);
    },
  );
});

test.each(backlogs)(
  "what waits for a hook is counted up to its limit, and what is parked for it alone, with %s waiting",
  async (waiting) => {
    const reading = (sql: Sql) => hookQueuesOf(sql, projectId, [busyHookId]);
    expect(await rowsReadBy(reading, waiting)).toBeLessThanOrEqual(MAX_COUNTED + 100);
  },
);

const ofRuns: (RunStatus | null)[] = ["RUNNING", "FAILED", null];
test.each(ofRuns)(
  "runs of a workflow in state %o read no more rows however many there are",
  async (status) => {
    const reading = (sql: Sql) =>
      runsPerParent(sql, projectId, "workflowId", [workflowId], status && [status], forwards);
    expect(await rowsReadBy(reading)).toBeLessThanOrEqual(MOST_READ);
  },
);

test("when types were last seen reads one row of each partition for each type, however many events there are", async () => {
  const types = ["type.0", "type.1", "type.2", "old", "none"];
  const reading = (sql: Sql) => lastSeenPerType(sql, projectId, types);
  expect(await rowsReadBy(reading)).toBeLessThanOrEqual(types.length * 10);
  const found = await listsOf("few").reader.sql.begin(reading);
  expect([...found.keys()].toSorted()).toEqual(types.toSorted().filter((type) => type !== "none"));
});
