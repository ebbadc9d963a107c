import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Db, openDb, type Sql } from "../src/db/client.ts";
import type { DeliveryStatus } from "../src/db/deliveries.ts";
import type { EventStatus } from "../src/db/events.ts";
import { MOST_LOOKED_AT } from "../src/db/foundPage.ts";
import {
  type DeliveryFilter,
  deliveriesPerParent,
  type EventFilter,
  listDeliveries,
  listEvents,
} from "../src/db/lists.ts";
import type { Page, PageRequest } from "../src/db/page.ts";
import { type RunStatus, runsPerParent } from "../src/db/workflowRuns.ts";
import { newId } from "../src/domain/ids.ts";
import { freshDatabase } from "./fixtures/database.ts";

const ROWS = 30_000;
/** Every event with a number that this divides is FAILED, in category "rare", and its delivery GONE. */
const RARE = 4_001;
const projectId = newId();
const hookId = newId();
const workflowId = newId();

let database: Awaited<ReturnType<typeof freshDatabase>>;
/** As the API reads: each statement planned for its values. */
let reader: Db;

beforeAll(async () => {
  database = await freshDatabase();
  reader = openDb(database.url, 1, "each time");
  const { sql } = database.db;
  // One a second, so that their order is that of their numbers.
  await sql`
    create temporary table made as
    select n, now() - (${ROWS} - n) * interval '1 second' as at, n % ${RARE} = 0 as rare,
      rpad(lpad(to_hex((extract(epoch from now()) * 1000 - (${ROWS} - n) * 1000)::bigint), 12, '0'), 32, '0')::uuid as id
    from generate_series(1, ${ROWS}::int) as n`;
  await sql`
    insert into signalbox.events (project_id, id, type, name, data, category, content_type, context_id, origin,
      occurred_at, received_at, status, config_version)
    select ${projectId}, id, 'type.' || n % 3, 'Number ' || n, '{}', case when rare then 'rare' end, 'TEXT', 'one', 'API',
      at, at, case when rare then 'FAILED' else 'PROCESSED' end, 1 from made`;
  await sql`
    insert into signalbox.deliveries (project_id, id, event_id, hook_id, format, status, max_attempts, created_at)
    select ${projectId}, id, id, ${hookId}, 'CLOUD_EVENT', case when rare then 'GONE' else 'SUCCEEDED' end, 4, at from made`;
  await sql`
    insert into signalbox.workflow_runs (project_id, id, workflow_id, version, event_id, user_id, status)
    select ${projectId}, id, ${workflowId}, 1, id, 'u', case when rare then 'FAILED' else 'SUCCEEDED' end from made`;
  await sql`analyze`;
});
afterAll(async () => {
  await reader[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

const forwards: PageRequest = { limit: 20, backward: false, after: undefined, before: undefined };

/** Rows that this session has read so far, of each table with its ranges; some are counted apart for a while. */
const readSoFar = (sql: Sql) => sql<{ name: string; read: number }[]>`
  select coalesce(pg_partition_root(relid), relid)::regclass::text as name,
    sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::int as read
  from pg_stat_xact_user_tables where schemaname = 'signalbox' group by 1`;

/** The most rows that some reading reads of one table. */
const rowsReadBy = (reading: (sql: Sql) => Promise<unknown>): Promise<number> =>
  reader.sql.begin(async (tx) => {
    const before = new Map((await readSoFar(tx)).map(({ name, read }) => [name, read]));
    await reading(tx);
    return Math.max(
      ...(await readSoFar(tx)).map(({ name, read }) => read - (before.get(name) ?? 0)),
    );
  });

/** It finds out how far it may look, and looks: each row twice at most. */
const MOST_READ = MOST_LOOKED_AT * 2 + 100;

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
  { contextId: "one" },
  { contextId: "one", status: failed },
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
  { hookId },
  { status: gone },
  { status: ["SUCCEEDED"] },
  { status: ["FAILED", "QUARANTINED"] },
  { status: ["FAILED", "GONE"] },
  { status: ["PENDING", "RETRYING"] },
  { status: ["PARKED"] },
  { hookId, status: gone },
  { hookId, status: ["FAILED"] },
  { since: longAgo, until: longAgo },
  { since: new Date(Date.now() + 60_000) },
  { until: new Date(Date.now() - ROWS * 500), status: gone },
];
test.each(deliveries)(
  "a list of deliveries by %o reads no more rows however many there are",
  async (filter) => {
    const reading = (sql: Sql) => listDeliveries(sql, projectId, filter, forwards);
    expect(await rowsReadBy(reading)).toBeLessThanOrEqual(MOST_READ);
  },
);

const manyHooks = [...Array.from({ length: 50 }, newId), hookId];
const ofHooks: [hooks: string[], status: DeliveryStatus[] | null][] = [
  [[hookId], gone],
  [[hookId], ["FAILED"]],
  [[hookId], null],
  [manyHooks, gone],
  [manyHooks, ["PARKED"]],
  [manyHooks, null],
];
test.each(ofHooks)(
  "deliveries of hooks %o in states %o read no more rows however many there are",
  async (hooks, status) => {
    const reading = (sql: Sql) =>
      deliveriesPerParent(sql, projectId, "hookId", hooks, status, forwards);
    expect(await rowsReadBy(reading)).toBeLessThanOrEqual(MOST_READ);
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

describe("a list whose rows have to be sought", () => {
  const rare = Array.from({ length: Math.floor(ROWS / RARE) }, (_, index) => RARE * (index + 1));

  /** All rows of a list, page after page, and how many pages they were. */
  async function through<Row extends { id: string }>(
    backward: boolean,
    read: (request: PageRequest) => Promise<Page<Row>>,
  ) {
    const rows: Row[] = [];
    let request: PageRequest = { ...forwards, limit: 2, backward };
    for (let pages = 1; ; pages++) {
      const page = await read(request);
      if (backward) rows.unshift(...page.rows);
      else rows.push(...page.rows);
      if (!(backward ? page.hasPrevious : page.hasNext)) return { rows, pages };
      const cursor = backward
        ? (page.start ?? page.rows[0]?.id)
        : (page.end ?? page.rows.at(-1)?.id);
      // Without a place to go on from it would begin anew, for ever.
      expect(cursor).toBeDefined();
      request = { ...request, [backward ? "before" : "after"]: cursor };
    }
  }

  test.each([false, true])(
    "shows each that fits once, in order; backwards: %o",
    async (backward) => {
      const filters: EventFilter[] = [
        { category: "rare" },
        { status: failed, contextId: "one" },
        { status: failed, types: ["type.0", "type.1", "type.2"] },
      ];
      for (const filter of filters) {
        const { rows, pages } = await through(backward, (request) =>
          listEvents(reader.sql, projectId, filter, request),
        );
        expect(rows.map(({ name }) => name)).toEqual(rare.map((n) => `Number ${n}`).reverse());
        expect(pages).toBeLessThanOrEqual(ROWS / MOST_LOOKED_AT + rare.length);
      }
    },
  );

  test("shows a hook's deliveries in a state, and a workflow's runs, each once", async () => {
    const goneOnes = await through(false, async (request) => {
      const pages = await deliveriesPerParent(
        reader.sql,
        projectId,
        "hookId",
        [hookId, newId()],
        gone,
        request,
      );
      return pages.get(hookId) ?? { rows: [], hasNext: false, hasPrevious: false };
    });
    expect(goneOnes.rows.map(({ status }) => status)).toEqual(rare.map(() => "GONE"));
    const failedRuns = await through(false, async (request) => {
      const pages = await runsPerParent(
        reader.sql,
        projectId,
        "workflowId",
        [workflowId],
        ["FAILED"],
        request,
      );
      return pages.get(workflowId) ?? { rows: [], hasNext: false, hasPrevious: false };
    });
    expect(failedRuns.rows).toHaveLength(rare.length);
  });

  test("of several types shows those of all, in the order of time", async () => {
    const types = ["type.2", "type.0", "type.2"];
    const { rows } = await listEvents(reader.sql, projectId, { types }, { ...forwards, limit: 5 });
    const numbers = Array.from({ length: 12 }, (_, back) => ROWS - back).filter((n) => n % 3 !== 1);
    expect(rows.map(({ name }) => name)).toEqual(numbers.slice(0, 5).map((n) => `Number ${n}`));
  });

  const since = new Date(Date.now() - 20_000_000);
  const until = new Date(Date.now() - 19_000_000);

  test("of a time shows the deliveries that were made in it", async () => {
    const { rows, pages } = await through(false, (request) =>
      listDeliveries(reader.sql, projectId, { since, until }, { ...request, limit: 100 }),
    );
    const times = rows.map(({ createdAt }) => createdAt.getTime());
    expect(times).toHaveLength(1_000);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(since.getTime());
    expect(Math.max(...times)).toBeLessThan(until.getTime());
    expect(pages).toBeLessThanOrEqual(11);
  });

  test("of a time shows the events that happened in it, also those that came later or before", async () => {
    const read = async () => {
      const { rows, pages } = await through(false, (request) =>
        listEvents(reader.sql, projectId, { since, until }, { ...request, limit: 100 }),
      );
      expect(rows.every(({ occurredAt }) => occurredAt >= since && occurredAt < until)).toBe(true);
      return { names: rows.map(({ name }) => name), pages };
    };
    const near = await read();
    expect(near.names).toHaveLength(1_000);
    expect(near.pages).toBeLessThanOrEqual(11);
    const { sql } = database.db;
    const move = (name: string, to: Date) =>
      sql`update signalbox.events set occurred_at = ${to} where name = ${name}`;
    await move("Number 1", since);
    await move(`Number ${ROWS}`, new Date(until.getTime() - 1));
    // What comes to be elsewhere shows there no more.
    await move(near.names[500] ?? "", new Date(0));
    const all = await read();
    expect(all.names).toEqual([`Number ${ROWS}`, ...near.names.toSpliced(500, 1), "Number 1"]);
  });
});
