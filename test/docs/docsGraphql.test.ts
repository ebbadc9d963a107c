import { parse, validate } from "graphql";
import postgres from "postgres";
import { expect, test } from "vitest";
import { schema } from "../../src/graphql/schema.ts";
import { blocksOf, pages, program } from "../fixtures/documents.ts";
import { testHub } from "../fixtures/hub.ts";
import { receiver } from "../fixtures/receiver.ts";

const examplesOf = (name: string) =>
  blocksOf(name)
    .filter(({ info }) => info === "graphql")
    .map(({ code }) => code);
const withExamples = Object.keys(pages).filter((name) => examplesOf(name).length > 0);

test.each(withExamples)(
  "every GraphQL example of %s fits the schema and does what it shows",
  async (name) => {
    await using target = await receiver();
    await using hub = await testHub();
    for (const example of examplesOf(name)) {
      const document = parse(example);
      expect(validate(schema, document), example).toEqual([]);
      // Subscriptions go on, and an example with variables is one part of a longer story.
      if (/^subscription|^\w+ \(\$/.test(example)) continue;
      const answer = await hub.run(example.replaceAll("http://127.0.0.1:9000", target.url));
      expect(JSON.stringify(answer), example).not.toMatch(/"userErrors":\[\{/);
    }
  },
);

test.each([
  ["actionstep", "/resthook-callbacks?callback_id=12345"],
  ["resources", "/customers"],
])("the examples of %s end in the body that is printed", async (name, path) => {
  await using target = await receiver();
  await using hub = await testHub();
  const body = program(name, "json");
  for (const example of examplesOf(name)) {
    await hub.run(example.replace("http://127.0.0.1:9000", target.url));
  }
  await expect.poll(() => target.requests.length).toBe(1);
  expect(target.requests[0]).toMatchObject({ path, body: body.trim() });
});

test("the example of SQL emits an event", async () => {
  await using hub = await testHub();
  const sql = postgres(hub.db.url, { max: 1, onnotice: () => {} });
  await sql.unsafe(program("send-events", "sql emit")).simple();
  await sql.end();
  type Events = { events: { nodes: { type: string; data: object }[] } };
  const { events } = await hub.run<Events>("{ events(first: 1) { nodes { type data } } }");
  expect(events.nodes).toEqual([{ type: "ticket.created", data: { title: "Printer on fire" } }]);
});
