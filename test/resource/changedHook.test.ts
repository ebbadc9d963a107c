import { beforeAll, expect, test } from "vitest";
import { change, emit, register, tryRegister, update as updateHook } from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { receiver } from "../fixtures/receiver.ts";
import { created, remove, typeWithEvents, update, whyOf } from "../fixtures/resources.ts";

let hub: TestHub;
beforeAll(async () => {
  hub = await testHub();
  return () => hub[Symbol.asyncDispose]();
});

const soon = { timeout: 30_000 };

test("a hook with `changed` gets the updates of these attributes, and why says which others changed", async () => {
  await using target = await receiver();
  await typeWithEvents(hub, "goods");
  const { id } = await register(hub, {
    url: target.url,
    format: "RESOURCE",
    types: ["goodsCreated", "goodsUpdated", "goodsDeleted"],
    changed: ["price", "address.city"],
  });
  const bodies = () => target.requests.map(({ body }) => JSON.parse(body).goods[0]);
  await created(hub, { type: "goods", attributes: { price: 1, name: "a" } });
  await expect.poll(() => bodies().length, soon).toBe(1);
  const states = [
    [{ price: 1, name: "b" }, "and the event changed name"],
    [{ name: "b", price: 1 }, "and the event changed nothing"],
    [
      { price: 1, name: "b", address: { zip: 1, street: "x" } },
      "changed address, address.zip, address.street",
    ],
    [{ price: 1, name: "b", address: { zip: 2 } }, "changed address.zip, address.street"],
  ] as const;
  for (const [attributes, said] of states) {
    const { event } = await update(hub, "goods", "1", attributes);
    const [reason, detail] = await whyOf(hub, event?.id ?? "", id);
    expect(reason).toBe("UNCHANGED");
    expect(detail).toContain("takes changes of price, address.city only");
    expect(detail).toContain(said);
  }
  const sent = [
    { price: 1, address: { zip: 2, city: "Rome" } },
    { price: 2, address: { zip: 2, city: "Rome" } },
    { price: 2, address: { zip: 2, city: { name: "Rome" } } },
    { price: 2, address: null },
    { address: null },
  ];
  for (const attributes of sent) await update(hub, "goods", "1", attributes);
  await remove(hub, "goods", "1");
  await expect.poll(() => bodies().length, soon).toBe(1 + sent.length + 1);
  expect(bodies().slice(1, -1)).toEqual(sent.map((attributes) => ({ id: "1", ...attributes })));
  expect(await updateHook(hub, id, { changed: null })).toEqual([]);
  await created(hub, { type: "goods", resourceId: "2" });
  await update(hub, "goods", "2", { name: "c" });
  await expect.poll(() => bodies().length, soon).toBe(sent.length + 4);
  await change(hub, "deleteHook", id);
});

test("a digit that a double would lose is a change, and so is an item of a list, by the list's name", async () => {
  await using target = await receiver();
  await typeWithEvents(hub, "exact");
  await register(hub, {
    url: target.url,
    types: ["exactUpdated"],
    format: "DATA",
    changed: ["n", "list"],
  });
  await created(hub, { type: "exact", attributes: { n: 0 } });
  const set = (attributes: string) =>
    hub.run(
      `mutation { updateResource(type: "exact", resourceId: "1", attributes: ${attributes}) { userErrors { message } } }`,
    );
  await set("{ n: 9007199254740993 }");
  await set("{ n: 9007199254740992 }");
  await set("{ n: 9007199254740992, other: 1 }");
  await set("{ n: 9007199254740992, list: [{ a: 1 }] }");
  await set("{ n: 9007199254740992, list: [{ a: 2 }] }");
  await expect.poll(() => target.requests.length, soon).toBe(4);
});

test("events that are no update of a resource match whatever `changed` says", async () => {
  await using target = await receiver();
  await register(hub, { url: target.url, types: ["own"], changed: ["price"] });
  await emit(hub, { type: "own", data: { price: 1 } });
  expect(target.requests).toHaveLength(1);
});

test("what `changed` may be is said", async () => {
  const wrong = [
    [],
    [""],
    [" "],
    ["x".repeat(201)],
    ["a\n"],
    Array.from({ length: 101 }, (_, n) => `a${n}`),
  ];
  for (const changed of wrong) {
    const { userErrors } = await tryRegister(hub, { url: "http://127.0.0.1:1", changed });
    expect(userErrors, JSON.stringify(changed)).toMatchObject([{ code: "INVALID" }]);
    expect(userErrors[0]?.path[0]).toBe("changed");
  }
});
