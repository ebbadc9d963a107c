import { expect, test } from "vitest";
import { accepted } from "../fixtures/emit.ts";
import { testHub } from "../fixtures/hub.ts";

test("the events about one thing are found by its kind and id, and those of a kind by its kind", async () => {
  await using hub = await testHub();
  const about = async (type: string, id: string) =>
    (await accepted(hub, { type: "a", subject: { type, id } })).id;
  await accepted(hub, { type: "a" });
  const first = await about("tickets", "1");
  const other = await about("tickets", "2");
  await about("actions", "1");
  const second = await about("tickets", "1");
  const found = async (args: string) => {
    const { events } = await hub.run<{ events: { nodes: { id: string }[] } }>(
      `{ events(${args}) { nodes { id } } }`,
    );
    return events.nodes.map(({ id }) => id);
  };
  expect(await found('subjectType: "tickets", subjectId: "1"')).toEqual([second, first]);
  expect(await found('subjectType: "tickets"')).toEqual([second, other, first]);
  expect(await found('subjectType: "tickets", subjectId: "3"')).toEqual([]);
});
