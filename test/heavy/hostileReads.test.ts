import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { type Neighbour, startNeighbour } from "../fixtures/neighbour.ts";

let hub: TestHub;
let neighbour: Neighbour;
beforeAll(async () => {
  hub = await testHub();
  neighbour = await startNeighbour(hub);
  const { sql } = hub.db;
  for (let first = 0; first < 60; first += 15)
    await sql`
      insert into signalbox.events (project_id, id, type, name, data, content_type, origin, occurred_at, received_at,
        status)
      select p.id, (lpad(to_hex((extract(epoch from now()) * 1000)::bigint + n), 12, '0') || rpad('', 20, '0'))::uuid,
        'big.' || n, 'Number ' || n, to_json(n || t.text), 'TEXT', 'API', now(), now(), 'PROCESSED'
      from signalbox.projects p, generate_series(${first + 1}::int, ${first + 15}::int) n,
        (select string_agg(md5(i::text), '') as text from generate_series(1, 6500) i) t
      where p.slug = 'default'`;
  await sql`
    insert into signalbox.event_types (project_id, id, name, origin, version)
    select id, gen_random_uuid(), 'big', 'CUSTOM', 1 from signalbox.projects where slug = 'default'`;
  await sql`
    insert into signalbox.event_type_versions (project_id, event_type_id, version, schema, json_schema)
    select project_id, id, n, to_json(repeat(md5(n::text), 2000)), to_json(repeat(md5(n::text), 2000))
    from signalbox.event_types, generate_series(1, 300) n where name = 'big'`;
});
afterAll(async () => {
  await neighbour[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
});

const fields = (count: number, field: string) =>
  `query ${field.includes("$types") ? "($types: [String!])" : ""} { ${Array.from({ length: count }, (_, n) => `f${n}: ${field}`).join(" ")} }`;
const types = Array.from({ length: 100 }, (_, n) => `no.such.type.${n}.*`);

const floods: [name: string, query: string, codes: string[]][] = [
  [
    "answers that are too long",
    fields(1, "events(first: 60) { nodes { data } }"),
    ["LIMIT_EXCEEDED", "TOO_MANY_REQUESTS"],
  ],
  [
    "long answers",
    fields(1, "events(first: 20) { nodes { data } }"),
    ["TOO_MANY_REQUESTS", "none"],
  ],
  [
    "schemas of all versions",
    fields(1, "eventTypes { nodes { versions { schema jsonSchema } } }"),
    ["LIMIT_EXCEEDED", "TOO_MANY_REQUESTS"],
  ],
  [
    "searches",
    fields(2, 'events(search: "no such words") { nodes { id } }'),
    ["none", "QUERY_TIMEOUT"],
  ],
  ["patterns", fields(5, "events(types: $types) { nodes { id } }"), ["none"]],
];

test.each(floods)(
  "ten requests at once for %s take bounded memory, and a neighbour is answered meanwhile",
  async (_, query, codes) => {
    const before = process.memoryUsage().rss;
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage().rss - before);
    }, 20);
    const { waits, result } = await neighbour.during(() =>
      Promise.all(Array.from({ length: 10 }, () => hub.send(query, { types }))),
    );
    clearInterval(watch);
    for (const { errors } of result)
      expect(codes).toContain(errors?.[0]?.extensions.code ?? "none");
    expect(waits.wrong).toEqual([]);
    expect(waits.count).toBeGreaterThan(1);
    // What the project may hold, a few times over: as rows, as fields, as text, and as what the client of this test reads.
    expect(most).toBeLessThan(600_000_000);
  },
);

test("answers that nobody reads are bounded for each project, and room is made when their sockets end", async () => {
  const query = fields(1, "events(first: 30) { nodes { data } }");
  const body = JSON.stringify({ query });
  const request = [
    "POST /graphql HTTP/1.1",
    "host: localhost",
    `authorization: Bearer ${hub.key}`,
    "content-type: application/json",
    `content-length: ${body.length}`,
    "",
    body,
  ].join("\r\n");
  const { hostname, port } = new URL(hub.url);
  const sockets = Array.from({ length: 30 }, () => connect({ host: hostname, port: Number(port) }));
  for (const socket of sockets) {
    socket.pause();
    socket.on("error", () => {});
    // The first may be in the kernel's buffers.
    socket.write(request.repeat(4));
  }
  const told = async () => (await hub.send(query)).errors?.[0]?.message;
  await expect
    .poll(told)
    .toContain("Too many bytes of answers that have not been read: this project has");
  const { errors } = await hub.send("{ viewer { project { id } } }", {}, neighbour.key);
  expect(errors).toBeUndefined();
  for (const socket of sockets) socket.destroy();
  await expect.poll(told).toBeUndefined();
});
