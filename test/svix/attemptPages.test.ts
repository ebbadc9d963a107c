import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestHub, testHub } from "../fixtures/hub.ts";

let hub: TestHub;
/** The numbers of those attempts that succeeded; all others failed. */
const SUCCEEDED = [7, 2_500];
beforeAll(async () => {
  hub = await testHub();
  await call("POST", "/app", { name: "App", uid: "app" });
  await call("POST", "/app/app/endpoint", { url: "http://127.0.0.1:9/", uid: "ep" });
  const { sql } = hub.db;
  await sql`create table public.made as
    select n, now() - (3000 - n) * interval '1 second' as at, h.project_id, h.id as hook_id, h.user_id,
      rpad(lpad(to_hex((extract(epoch from now()) * 1000 - (3000 - n) * 1000)::bigint), 12, '0'), 32, '0')::uuid as id
    from generate_series(1, 2600) as n, signalbox.hooks h where h.uid = 'ep'`;
  await sql`
    insert into signalbox.events (project_id, id, type, name, data, category, content_type, user_id, origin,
      occurred_at, received_at, status, config_version)
    select project_id, id, 'a', 'a', to_json(repeat('x', case when n > 2450 then 250000 else 1 end)), null, 'TEXT',
      user_id, 'API', at, at, 'PROCESSED', 1 from public.made`;
  await sql`
    insert into signalbox.ended_deliveries (project_id, id, event_id, hook_id, format, status, attempt_count,
      max_attempts, completed_at, created_at, started_at, elapsed_ms, outcome, status_code, request_headers, response_body)
    select project_id, id, id, hook_id, 'DATA', case when is_good then 'SUCCEEDED' else 'FAILED' end, 1, 1, at, at, at, 1,
      case when is_good then 'SUCCESS' else 'RESPONSE_ERROR' end, case when is_good then 200 else 500 end, '{}',
      'number ' || n
    from public.made, lateral (select n = any(${SUCCEEDED}::int[]) as is_good) as outcome`;
});
afterAll(() => hub[Symbol.asyncDispose]());

type Page = {
  data: { response: string; msg?: { payload: unknown } }[];
  iterator: string | null;
  prevIterator: string | null;
  done: boolean;
};

async function call(method: string, path: string, body?: object) {
  const response = await fetch(`${hub.url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${hub.key}`, "content-type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  expect([path, response.ok ? "" : text]).toEqual([path, ""]);
  return JSON.parse(text) as Page;
}
const list = (query: string) => call("GET", `/app/app/attempt/endpoint/ep?${query}`);

test.each([
  ["iterator", "status=0&limit=1"],
  ["iterator", "status=0"],
  ["iterator", "status_code_class=200&limit=2"],
] as const)(
  "attempts that lie far apart are all found by following %s of %s",
  async (name, query) => {
    const found: string[] = [];
    let page = await list(query);
    for (let pages = 1; pages <= 5; pages++) {
      found.push(...page.data.map(({ response }) => response));
      if (page.done) break;
      page = await list(`${query}&iterator=${page[name]}`);
    }
    expect([page.done, found]).toEqual([true, SUCCEEDED.toReversed().map((n) => `number ${n}`)]);
  },
);

test("they are found on the way back, too", async () => {
  const oldest = (await list("status=0&before=2000-01-01T00:00:00Z")).data;
  expect(oldest).toEqual([]);
  const { id } = (
    await hub.db.sql<{ id: string }[]>`select id from public.made where n = 1`
  )[0] as {
    id: string;
  };
  const found: string[] = [];
  let page = await list(`status=0&iterator=-${id}`);
  for (let pages = 1; pages <= 5; pages++) {
    found.unshift(...page.data.map(({ response }) => response));
    if (page.done) break;
    page = await list(`status=0&iterator=${page.prevIterator}`);
  }
  expect([page.done, found]).toEqual([true, SUCCEEDED.toReversed().map((n) => `number ${n}`)]);
});

test("a page shows the data of its messages, and is whole where they are large", async () => {
  const { data } = await list("limit=2&with_msg=true");
  expect(data.map(({ response }) => response)).toEqual(["number 2600", "number 2599"]);
  expect(data[0]?.msg?.payload).toHaveLength(250_000);
  expect((await list("limit=250")).data).toHaveLength(250);
});
