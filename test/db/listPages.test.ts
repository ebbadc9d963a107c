import { afterAll, beforeAll, expect, test } from "vitest";
import type { DeliveryStatus } from "../../src/db/delivery/deliveries.ts";
import type { EventStatus } from "../../src/db/event/events.ts";
import { type EventFilter, listEvents } from "../../src/db/event/list.ts";
import { MAX_SCANNED_ROWS } from "../../src/db/page/boundedScan.ts";
import { deliveriesPerParent, listDeliveries } from "../../src/db/page/lists.ts";
import type { Page, PageRequest } from "../../src/db/page/page.ts";
import { runsPerParent } from "../../src/db/workflow/workflowRuns.ts";
import { newId } from "../../src/util/ids.ts";
import {
  hookId,
  longLists,
  OLD,
  projectId,
  RARE,
  ROWS,
  workflowId,
} from "../fixtures/longLists.ts";

let lists: Awaited<ReturnType<typeof longLists>>;
beforeAll(async () => {
  lists = await longLists();
});
afterAll(() => lists[Symbol.asyncDispose]());

const forwards: PageRequest = { limit: 20, backward: false, after: undefined, before: undefined };
const gone: DeliveryStatus[] = ["GONE"];
const failed: EventStatus[] = ["FAILED"];

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
    const cursor = backward ? (page.start ?? page.rows[0]?.id) : (page.end ?? page.rows.at(-1)?.id);
    // Without a place to go on from it would begin anew, for ever.
    expect(cursor).toBeDefined();
    request = { ...request, [backward ? "before" : "after"]: cursor };
  }
}

test.each([false, true])(
  "a list whose rows have to be searched shows each that fits once, in order; backwards: %o",
  async (backward) => {
    const filters: EventFilter[] = [
      { category: "rare" },
      { status: failed, category: "rare" },
      { status: failed, types: ["type.0", "type.1", "type.2", "old"] },
    ];
    for (const filter of filters) {
      const { rows, pages } = await through(backward, (request) =>
        listEvents(lists.reader.sql, projectId, filter, request),
      );
      expect(rows.map(({ name }) => name)).toEqual(rare.map((n) => `Number ${n}`).reverse());
      expect(pages).toBeLessThanOrEqual(ROWS / MAX_SCANNED_ROWS + rare.length);
    }
  },
);

test("a list shows what is of one context, user or subject from any place on", async () => {
  const expected = rare
    .filter((n) => n <= OLD)
    .map((n) => `Number ${n}`)
    .reverse();
  const filters: EventFilter[] = [
    { contextId: "old", status: failed },
    { userId: "old", category: "rare" },
    { subjectType: "old", subjectId: "old", contextId: "old", status: failed },
    { subjectType: "old", category: "rare" },
  ];
  for (const filter of filters) {
    const { rows } = await through(false, (request) =>
      listEvents(lists.reader.sql, projectId, filter, request),
    );
    expect(rows.map(({ name }) => name)).toEqual(expected);
  }
  const all = await through(true, (request) =>
    listEvents(lists.reader.sql, projectId, { contextId: "old" }, { ...request, limit: 700 }),
  );
  expect(all.rows.map(({ name }) => name)).toEqual(
    Array.from({ length: OLD }, (_, index) => `Number ${OLD - index}`),
  );
});

test("a list shows a hook's deliveries in a state, and a workflow's runs, each once", async () => {
  const goneOnes = await through(false, async (request) => {
    const pages = await deliveriesPerParent(
      lists.reader.sql,
      projectId,
      "hookId",
      [hookId, newId()],
      gone,
      request,
    );
    return pages.get(hookId) ?? { rows: [], hasNext: false, hasPrevious: false };
  });
  expect(goneOnes.rows.map(({ status }) => status)).toEqual(
    rare.filter((n) => n <= OLD).map(() => "GONE"),
  );
  const failedRuns = await through(false, async (request) => {
    const pages = await runsPerParent(
      lists.reader.sql,
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

test("a list of several types shows those of all, in the order of time", async () => {
  const types = ["type.2", "type.0", "type.2", "none"];
  const { rows } = await listEvents(
    lists.reader.sql,
    projectId,
    { types },
    { ...forwards, limit: 5 },
  );
  const numbers = Array.from({ length: 12 }, (_, back) => ROWS - back).filter((n) => n % 3 !== 1);
  expect(rows.map(({ name }) => name)).toEqual(numbers.slice(0, 5).map((n) => `Number ${n}`));
});

const since = new Date(Date.now() - 20_000_000);
const until = new Date(Date.now() - 19_000_000);

test("a list of a time shows the deliveries that were made in it", async () => {
  const { rows, pages } = await through(false, (request) =>
    listDeliveries(lists.reader.sql, projectId, { since, until }, { ...request, limit: 100 }),
  );
  const times = rows.map(({ createdAt }) => createdAt.getTime());
  expect(times).toHaveLength(1_000);
  expect(Math.min(...times)).toBeGreaterThanOrEqual(since.getTime());
  expect(Math.max(...times)).toBeLessThan(until.getTime());
  expect(pages).toBeLessThanOrEqual(11);
});

test("a list of a time shows the events that happened in it, also those that came later or before", async () => {
  const read = async () => {
    const { rows, pages } = await through(false, (request) =>
      listEvents(lists.reader.sql, projectId, { since, until }, { ...request, limit: 100 }),
    );
    expect(rows.every(({ occurredAt }) => occurredAt >= since && occurredAt < until)).toBe(true);
    return { names: rows.map(({ name }) => name), pages };
  };
  const near = await read();
  expect(near.names).toHaveLength(1_000);
  expect(near.pages).toBeLessThanOrEqual(11);
  const { sql } = lists.db;
  const move = (name: string, to: Date) =>
    sql`update signalbox.events set occurred_at = ${to} where name = ${name}`;
  await move(`Number ${ROWS}`, new Date(until.getTime() - 1));
  // What came late does not keep a list from ending where its time begins.
  const newest = await through(false, (request) =>
    listEvents(lists.reader.sql, projectId, { since: until }, { ...request, limit: 100 }),
  );
  expect(newest.pages).toBeLessThanOrEqual(newest.rows.length / 100 + 2);
  await move("Number 1", since);
  // What comes to be elsewhere shows there no more.
  await move(near.names[500] ?? "", new Date(0));
  const all = await read();
  expect(all.names).toEqual([`Number ${ROWS}`, ...near.names.toSpliced(500, 1), "Number 1"]);
});
