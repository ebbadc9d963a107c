import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { keyOf } from "../fixtures/keyOf.ts";
import { answer, rest, told } from "../fixtures/rest.ts";
import { tenantOf } from "../fixtures/tenant.ts";

type Item = { cursor: string; event: { id: string; type: string; data: unknown } };
type Page = { items: Item[]; cursor: string; truncated: boolean };

let hub: TestHub;
let stranger: TestHub;
beforeAll(async () => {
  hub = await testHub();
  stranger = await tenantOf(hub);
});
afterAll(() => hub[Symbol.asyncDispose]());

const poll = (query: Record<string, string | number>, by = hub) =>
  answer<Page>(
    rest(
      by,
      "GET",
      `/v1/events?${new URLSearchParams(Object.entries(query).map(([k, v]) => [k, String(v)]))}`,
    ),
  );
const emit = (events: object | object[], by = hub) =>
  answer<{ id: string }>(rest(by, "POST", "/v1/events", { body: events }), 201);
const now = async (by = hub) => (await poll({}, by)).cursor;
const typesOf = ({ items }: Page) => items.map(({ event }) => event.type);

test("without a cursor it starts now, at once, whatever there is and however long it may wait", async () => {
  await emit({ type: "before" });
  const page = await poll({ wait: 30 });
  expect(page).toEqual({ items: [], cursor: page.cursor, truncated: false });
  await emit([{ type: "one" }, { type: "two" }]);
  const next = await poll({ after: page.cursor });
  expect(typesOf(next)).toEqual(["one", "two"]);
  expect(next.cursor).not.toBe(page.cursor);
  expect(typesOf(await poll({ after: next.items[0]?.cursor ?? "" }))).toEqual(["two"]);
  expect((await poll({ after: next.cursor })).items).toEqual([]);
});

test("an event is shown as GraphQL shows it, to the digit", async () => {
  const after = await now();
  const data = '{"n":9007199254740993,"x":1.10}';
  const { id } = await emit(
    `{"type":"shown","data":${data},"subject":{"type":"o","id":"1"}}` as never,
  );
  const text = await (await rest(hub, "GET", `/v1/events?after=${after}`)).text();
  expect(text).toContain(`"data":${data},`);
  const { event } = await hub.run<{ event: object }>(
    `query ($id: ID!) { event(id: $id) { id type typeVersion source name avatar category contentType content
      userId subject { type id } contextId stepUuid uid channels tags idempotencyKey traceId origin causedBy { id } occurredAt
      scheduledFor receivedAt status error broadcast expungedAt expungedBy } }`,
    { id },
  );
  const { data: _, ...shown } = JSON.parse(text).items[0].event;
  expect(shown).toEqual({ ...event, targetHookId: null });
});

test("a long poll ends when an event comes, at its time when none does, and at once when there is one", async () => {
  const after = await now();
  const waiting = poll({ after, wait: 30, types: "wanted" });
  await emit({ type: "other" });
  await emit({ type: "wanted" });
  expect(typesOf(await waiting)).toEqual(["wanted"]);
  expect(typesOf(await poll({ after, wait: 30, types: "wanted" }))).toEqual(["wanted"]);
  const none = await poll({ after, wait: 0.2, types: "never" });
  expect(none.items).toEqual([]);
  // It goes on from where it has looked.
  expect((await poll({ after: none.cursor })).items).toEqual([]);
});

test("types are those of a hook: exact ones, prefixes and all, several of them", async () => {
  const after = await now();
  await emit(["order.paid", "order", "ticket.new", "a,b"].map((type) => ({ type })));
  const of = async (query: string) =>
    typesOf(await answer<Page>(rest(hub, "GET", `/v1/events?after=${after}&${query}`)));
  expect(await of("types=order.*")).toEqual(["order.paid"]);
  expect(await of("types=order,ticket.*")).toEqual(["order", "ticket.new"]);
  expect(await of("types=order&types=order.paid")).toEqual(["order.paid", "order"]);
  expect(await of("types=*&limit=3")).toEqual(["order.paid", "order", "ticket.new"]);
  expect(await of("types=&limit=")).toHaveLength(4);
});

test("a reader that continues misses no event and gets none twice while many are emitted", async () => {
  let after = await now();
  const count = 300;
  const seen: unknown[] = [];
  const emitting = Promise.all(
    Array.from({ length: count / 10 }, (_, batch) =>
      emit(
        Array.from({ length: 10 }, (_, index) => ({ type: "many", data: batch * 10 + index })),
      ).then(() => emit({ type: "noise" })),
    ),
  );
  while (seen.length < count) {
    const page = await poll({ after, wait: 30, limit: 7, types: "many" });
    expect(page.items.length).toBeLessThanOrEqual(7);
    seen.push(...page.items.map(({ event }) => event.data));
    after = page.cursor;
  }
  await emitting;
  expect((await poll({ after, types: "many" })).items).toEqual([]);
  expect(seen.sort((a, b) => Number(a) - Number(b))).toEqual(
    Array.from({ length: count }, (_, i) => i),
  );
});

test("a page of large events is cut, and the rest follows", async () => {
  let after = await now();
  const content = "x".repeat(262_000);
  for (let batch = 0; batch < 3; batch++)
    await emit(Array.from({ length: 7 }, () => ({ type: "large", content })));
  const sizes: number[] = [];
  for (let got = -1; got !== 0; ) {
    const page = await poll({ after });
    got = page.items.length;
    after = page.cursor;
    sizes.push(got);
  }
  expect(sizes).toEqual([16, 5, 0]);
});

test("since starts at a time", async () => {
  await emit({ type: "early" });
  const [row] = await hub.db.sql<{ at: Date }[]>`select clock_timestamp() as at`;
  const since = row?.at.toISOString() ?? "";
  await expect
    .poll(
      async () =>
        (
          await hub.db
            .sql`select 1 where clock_timestamp() > ${since}::timestamptz + interval '2 ms'`
        ).length,
    )
    .toBe(1);
  await emit({ type: "late" });
  expect(typesOf(await poll({ since, types: "early,late" }))).toEqual(["late"]);
  expect(typesOf(await poll({ since: "2000-01-01T00:00:00Z", limit: 1 }))).toEqual(["before"]);
  expect((await poll({ since: "2999-01-01T00:00:00Z" })).items).toEqual([]);
});

test("a cursor from before what is kept continues, and says that something is missing", async () => {
  const mine = await tenantOf(hub, "Truncated");
  const after = await now(mine);
  await emit({ type: "gone" }, mine);
  const kept = await now(mine);
  await emit({ type: "kept" }, mine);
  const [row] = await hub.db.sql<
    { id: string }[]
  >`select id from signalbox.projects where name = 'Truncated'`;
  const position = Number(Buffer.from(kept, "base64url").toString().slice("feed:".length));
  await hub.db
    .sql`update signalbox.heads set horizon = ${position} where project_id = ${row?.id ?? ""}`;
  const page = await poll({ after }, mine);
  expect([typesOf(page), page.truncated]).toEqual([["kept"], true]);
  expect((await poll({ after: page.cursor }, mine)).truncated).toBe(false);
});

test("another project sees nothing of it, and its cursors are not ours", async () => {
  const after = await now(stranger);
  await emit({ type: "ours" });
  expect((await poll({ after }, stranger)).items).toEqual([]);
  expect((await poll({ since: "2000-01-01T00:00:00Z" }, stranger)).items).toEqual([]);
  const far = (await now()) as string;
  expect(await told(rest(stranger, "GET", `/v1/events?after=${far}`))).toBe("400 CURSOR_EXPIRED");
});

test.each([
  ["after=x", "422 INVALID after"],
  ["after=x&since=2026-01-01T00:00:00Z", "422 INVALID since"],
  ["after=a&after=b", "422 INVALID after"],
  ["since=today", "422 INVALID since"],
  ["limit=0", "422 INVALID limit"],
  ["limit=1001", "422 INVALID limit"],
  ["limit=ten", "422 INVALID limit"],
  ["limit=1.5", "422 INVALID limit"],
  ["wait=-1", "422 INVALID wait"],
  ["wait=soon", "422 INVALID wait"],
  ["type=a", "422 INVALID type"],
  [`types=${"t".repeat(201)}`, "422 INVALID types.0"],
  [`types=${Array(101).fill("a")}`, "422 INVALID types"],
])("a query of %s is told", async (query, problem) => {
  expect(await told(rest(hub, "GET", `/v1/events?${query}`))).toBe(problem);
});

test("a key that is revoked ends its long poll", async () => {
  const { id, key } = await keyOf(hub, "VIEWER");
  const after = await now();
  const waiting = told(rest(hub, "GET", `/v1/events?after=${after}&wait=30`, { key }));
  await hub.run("mutation ($id: ID!) { revokeApiKey(id: $id) { userErrors { code } } }", { id });
  expect(await waiting).toBe("401 UNAUTHENTICATED");
});

test("a hub that stops answers its long polls", async () => {
  const other = await testHub(hub.settings);
  const at = { url: other.url, key: hub.key };
  const after = await now();
  const waiting = answer<Page>(rest(at, "GET", `/v1/events?after=${after}&wait=30`));
  const metrics = async () => (await fetch(`${other.url}/metrics`)).text();
  await expect.poll(metrics).toContain("signalbox_subscribers 1\n");
  await other[Symbol.asyncDispose]();
  expect((await waiting).items).toEqual([]);
});
