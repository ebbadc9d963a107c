import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { type Receiver, receiver } from "../fixtures/receiver.ts";
import { openSvix, sdkMajors, svixApplication } from "../fixtures/svix.ts";

let hub: TestHub;
let target: Receiver;
beforeAll(async () => {
  target = await receiver();
  hub = await testHub();
});
afterAll(async () => {
  await hub[Symbol.asyncDispose]();
  await target[Symbol.asyncDispose]();
});

const soon = { timeout: 30_000 };

describe.each(sdkMajors)("Svix's SDK for JavaScript, version $major", ({ major }) => {
  test("applications are made, found by id and uid, changed, listed in pages and deleted", async () => {
    const { svix, putApplication, newestApplications } = openSvix(major, hub);
    const uidOf = (name: string) => `${name}-${major}`;
    const uid = uidOf("app");
    const made = await svix.application.create({ name: "One", uid, metadata: { plan: "free" } });
    expect(made).toMatchObject({ name: "One", uid, metadata: { plan: "free" } });
    expect(await svix.application.get(uid)).toEqual(made);
    expect(await svix.application.get(made.id)).toEqual(made);
    expect(await svix.application.getOrCreate({ name: "Other", uid })).toEqual(made);
    await expect(svix.application.create({ name: "Two", uid })).rejects.toMatchObject({
      code: 409,
      body: { code: "conflict" },
    });
    const patched = await svix.application.patch(uid, { name: "Uno", throttleRate: 5 });
    expect(patched).toMatchObject({ name: "Uno", throttleRate: 5, metadata: { plan: "free" } });
    const updated = await putApplication(uid, { name: "Ein", uid });
    expect(updated).toMatchObject({ name: "Ein", metadata: {} });
    const others = [];
    for (const name of ["x", "y", "z"])
      others.push(await svix.application.create({ name, uid: uidOf(name) }));
    const names: string[] = [];
    let page = await newestApplications({ limit: 2 });
    for (;;) {
      names.push(...page.data.map(({ name }) => name));
      if (page.done) break;
      expect(page.data).toHaveLength(2);
      page = await newestApplications({ limit: 2, iterator: page.iterator });
    }
    expect(names.slice(0, 4)).toEqual(["z", "y", "x", "Ein"]);
    const first = await newestApplications({ limit: 2 });
    const second = await newestApplications({ limit: 2, iterator: first.iterator });
    const back = await newestApplications({ limit: 2, iterator: second.prevIterator ?? null });
    expect(back.data).toEqual(first.data);
    for (const { id } of others) await svix.application.delete(id);
    await expect(svix.application.get(uidOf("x"))).rejects.toMatchObject({
      code: 404,
      body: { code: "not_found", detail: expect.stringContaining(uidOf("x")) },
    });
  });

  test("one application comes of many requests at once to get or create it", async () => {
    const { svix } = openSvix(major, hub);
    const uid = `at-once-${major}`;
    const made = await Promise.all(
      Array.from({ length: 8 }, () => svix.application.getOrCreate({ name: "One", uid })),
    );
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
  });

  test("endpoints are made, changed in part and in whole, disabled and deleted", async () => {
    const kinds = openSvix(major, hub).only("a", "b");
    const app = await svixApplication(major, hub, target, "endpoint", {
      ...{ uid: "ep", description: "Billing", metadata: { team: "billing" }, channels: ["a"] },
      ...kinds,
    });
    const { svix, putEndpoint, uid, url, endpoint, sent } = app;
    expect(endpoint).toMatchObject({
      ...{ uid: "ep", url, description: "Billing", metadata: { team: "billing" } },
      ...{ channels: ["a"], disabled: false, ...kinds },
    });
    expect(await svix.endpoint.get(uid, "ep")).toEqual(endpoint);
    const patched = await svix.endpoint.patch(uid, "ep", {
      ...{ description: "Accounting", channels: null, throttleRate: 7 },
    });
    expect(patched).toMatchObject({
      ...{ description: "Accounting", channels: null, throttleRate: 7, ...kinds },
      metadata: { team: "billing" },
    });
    const replaced = await putEndpoint(uid, "ep", { url, uid: "ep", disabled: true });
    const noKinds = Object.fromEntries(Object.keys(kinds).map((name) => [name, null]));
    expect(replaced).toMatchObject({
      ...{ id: endpoint.id, description: "", metadata: {}, throttleRate: null, disabled: true },
      ...noKinds,
    });
    await svix.message.create(uid, { eventType: "any", payload: { n: 1 } });
    expect((await svix.endpoint.patch(uid, "ep", { disabled: false })).disabled).toBe(false);
    await expect.poll(() => sent().length, soon).toBe(1);
    expect((await svix.endpoint.list(uid)).data.map(({ id }) => id)).toEqual([endpoint.id]);
    await svix.endpoint.delete(uid, "ep");
    await expect(svix.endpoint.get(uid, endpoint.id)).rejects.toMatchObject({ code: 404 });
    expect((await svix.endpoint.list(uid)).data).toEqual([]);
  });

  test("headers of an endpoint are sent; those that are credentials by name are not shown", async () => {
    const app = await svixApplication(major, hub, target, "headers");
    const { svix, putHeaders, uid, endpoint, sent } = app;
    await putHeaders(uid, endpoint.id, {
      headers: { "X-Team": "billing", Authorization: "Bearer 1" },
    });
    expect(await svix.endpoint.getHeaders(uid, endpoint.id)).toEqual({
      headers: { "X-Team": "billing" },
      sensitive: ["Authorization"],
    });
    await svix.endpoint.patchHeaders(uid, endpoint.id, { headers: { "X-Other": "1" } });
    await svix.message.create(uid, { eventType: "a", payload: {} });
    await expect.poll(() => sent().length, soon).toBe(1);
    expect(sent()[0]?.headers).toMatchObject({
      ...{ "x-team": "billing", authorization: "Bearer 1", "x-other": "1" },
    });
  });

  test("event types are registered with a schema, which messages must fit, changed and archived", async () => {
    const { svix, putEventType } = openSvix(major, hub);
    const [name, other] = [`user.signup-${major}`, `user.left-${major}`];
    const schema = { type: "object", properties: { n: { type: "integer" } }, required: ["n"] };
    const made = await svix.eventType.create({
      name,
      description: "New",
      schemas: { "1": schema },
    });
    expect(made).toMatchObject({
      name,
      description: "New",
      archived: false,
      schemas: { "1": schema },
    });
    await expect(svix.eventType.create({ name, description: "New" })).rejects.toMatchObject({
      code: 409,
    });
    const { uid } = await svixApplication(major, hub, target, "types");
    await expect(
      svix.message.create(uid, { eventType: name, payload: { n: "no" } }),
    ).rejects.toMatchObject({
      code: 422,
      body: { detail: [{ loc: ["body", "payload", "n"], type: "value_error.data_invalid" }] },
    });
    expect(await svix.eventType.patch(name, { description: "Newer" })).toMatchObject({
      ...{ description: "Newer", schemas: { "1": schema } },
    });
    await putEventType(other, { description: "Left" });
    const listed = await svix.eventType.list({ withContent: true, limit: 250 });
    expect(listed.data.map((type) => type.name)).toEqual(expect.arrayContaining([other, name]));
    await svix.eventType.delete(name);
    const left = await svix.eventType.list({ limit: 250 });
    expect(left.data.map((type) => type.name)).not.toContain(name);
    expect((await svix.eventType.get(name)).archived).toBe(true);
    expect(
      (await svix.eventType.list({ includeArchived: true })).data.map((type) => type.name),
    ).toContain(name);
  });
});
