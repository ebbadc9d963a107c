import { afterAll, beforeAll, expect, test } from "vitest";
import { accepted } from "../fixtures/emit.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";

const HOOKS = 6_000;
const EVENTS = 10;

let hub: TestHub;
beforeAll(async () => {
  hub = await testHub();
  const { sql } = hub.db;
  await sql`update signalbox.heads set config_version = 2`;
  await sql`
    insert into signalbox.hook_versions (project_id, hook_id, config_version, types, format, filter, status)
    select p.id, gen_random_uuid(), 1, case when n % 10 = 0 then '{a}'::text[] else '{b,c,d,e,f,g,h,i,j,k,l,m}' end,
      'CLOUD_EVENT', 'event.data.n > ' || n % 7, 'ACTIVE'
    from signalbox.projects p, generate_series(1, ${HOOKS}::int) n`;
  for (let n = 0; n < EVENTS; n++) await accepted(hub, { type: "a", data: { n } }, "id");
});
afterAll(() => hub[Symbol.asyncDispose]());

type Explained = { events: { nodes: { why: { reason: string; detail: string }[] }[] } };
const explain = (first: number) =>
  hub.send<Explained>(`{ events(first: ${first}) { nodes { why { reason detail } } } }`);

test("many events are explained with very many hooks, each as if it were alone", async () => {
  const { data, errors } = await explain(8);
  expect(errors).toBeUndefined();
  for (const [index, { why }] of data.events.nodes.entries()) {
    const n = EVENTS - 1 - index;
    const taken = why.filter(({ reason }) => reason !== "TYPE");
    expect(why).toHaveLength(HOOKS);
    expect(taken).toHaveLength(HOOKS / 10);
    expect(taken.filter(({ reason }) => reason === "MATCHED").length, String(n)).toBe(
      Array.from({ length: HOOKS / 10 }, (_, i) => ((i + 1) * 10) % 7).filter((least) => n > least)
        .length,
    );
  }
  const other = data.events.nodes[0]?.why.find(({ reason }) => reason === "TYPE");
  expect(other?.detail).toBe("takes b, c, d, e, f, g, h, i, j, k and 2 more");
});

test("a request that would look at more than 50,000 hooks is refused, and asked for fewer events", async () => {
  const { status, errors } = await explain(9);
  expect(status).toBe(400);
  expect(errors).toMatchObject([
    {
      message: "Hooks examined for `why`: at most 50,000 per request. Ask for fewer events.",
      extensions: { code: "LIMIT_EXCEEDED" },
    },
  ]);
  const twice = await hub.send(
    "{ a: events(first: 5) { nodes { why { reason } } } b: events(first: 5) { nodes { why { reason } } } }",
  );
  expect(twice.errors).toMatchObject([{ extensions: { code: "LIMIT_EXCEEDED" } }]);
});

test("others are answered while events are explained", async () => {
  let isExplained = false;
  const explained = explain(8).then(() => {
    isExplained = true;
  });
  let answered = 0;
  while (!isExplained) {
    await hub.run("{ viewer { project { id } } }");
    answered++;
  }
  await explained;
  // Not after it: each event is looked at in its own turn.
  expect(answered).toBeGreaterThan(3);
});
