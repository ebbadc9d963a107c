import { afterAll, beforeAll, expect, test } from "vitest";
import { createProject } from "../../src/domain/project/project.ts";
import { press } from "../fixtures/actions.ts";
import { accepted, emit, registerHook } from "../fixtures/emit.ts";
import { operationOf, type RootField, rootFields, textPlaces } from "../fixtures/everyField.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { type Receiver, receiver } from "../fixtures/receiver.ts";
import { positionIn } from "../fixtures/subscription.ts";
import { install, released } from "../fixtures/workflows.ts";

const UNKNOWN = "0b8e1f0c-3a53-7b6b-9a6f-2d6f4e1c7a55";
/** Stands in every text of the first project, and nowhere else. */
const MARK = "ours-alone";

let hub: TestHub;
let target: Receiver;
let roots: RootField[];
/** A key of the other project, which asks; everything it must not see is of the hub's first. */
let stranger: string;
/** What the first project has: ids, and names. */
const ids: string[] = [];
const names = [MARK, `${MARK}.happened`, `${MARK} user`];

beforeAll(async () => {
  hub = await testHub();
  target = await receiver((_request, response) => response.writeHead(500).end(MARK));
  stranger = (await createProject(hub.db.sql, "Stranger")).key;
  ({ roots } = await rootFields(hub));
  await hub.run(
    `mutation ($mark: String!, $type: String!) {
      updateProject(input: { name: $mark, systemEvents: true }) { project { id } }
      registerEventType(input: { name: $type, description: $mark }) { eventType { id } }
      createApiKey(input: { name: $mark, role: VIEWER }) { apiKey { id } }
      registerResourceType(input: { name: $mark, createdEvent: $mark }) { resourceType { id } }
      scheduleEvents(input: { name: $mark, cron: "@yearly", event: { type: $mark, category: $mark } }) { eventSchedule { id } }
      createResource(input: { type: $mark, resourceId: "x", attributes: { name: $mark } }) { resource { id } }
    }`,
    { mark: MARK, type: names[1] },
  );
  await registerHook(hub, { url: `${target.url}/${MARK}`, name: MARK, types: ["*"], retries: 0 });
  const steps = [{ id: "ours", url: `${target.url}/${MARK}/step`, retries: 0 }];
  const workflowId = await released(hub, { name: MARK, eventType: names[1] ?? "", steps });
  await install(hub, workflowId, { ours: MARK }, names[2]);
  const { actions } = await accepted<{ actions: { id: string }[] }>(
    hub,
    ourEvent(),
    "actions { id }",
  );
  await press(hub, actions[0]?.id ?? "");
  await hub.run(
    `mutation { replayDeliveries(input: { since: "2026-01-01T00:00:00Z", status: [GONE] }) { matched } }`,
  );
  const tables = await hub.db.sql<{ id: string }[]>`
    with ours as (select id from signalbox.projects order by created_at limit 1)
    select id from ours
    union all select t.id from ours o join signalbox.events t on t.project_id = o.id
    union all select t.id from ours o join signalbox.hooks t on t.project_id = o.id
    union all select t.id from ours o join signalbox.deliveries t on t.project_id = o.id
    union all select t.id from ours o join signalbox.actions t on t.project_id = o.id
    union all select t.id from ours o join signalbox.presses t on t.project_id = o.id
    union all select t.id from ours o join signalbox.replays t on t.project_id = o.id
    union all select t.id from ours o join signalbox.workflows t on t.project_id = o.id
    union all select t.id from ours o join signalbox.installations t on t.project_id = o.id
    union all select t.id from ours o join signalbox.workflow_runs t on t.project_id = o.id
    union all select t.id from ours o join signalbox.event_types t on t.project_id = o.id
    union all select t.id from ours o join signalbox.resource_types t on t.project_id = o.id
    union all select t.id from ours o join signalbox.resources t on t.project_id = o.id
    union all select t.id from ours o join signalbox.event_schedules t on t.project_id = o.id
    union all select t.id from ours o join signalbox.api_keys t on t.project_id = o.id`;
  ids.push(...tables.map(({ id }) => id));
  expect(ids.length).toBeGreaterThanOrEqual(15);
});
afterAll(async () => {
  await target[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
});

const ourEvent = () => ({
  type: names[1],
  data: MARK,
  userId: names[2],
  contextId: MARK,
  actions: [{ url: "http://127.0.0.1:9", buttonText: MARK, key: MARK, meta: MARK }],
  category: MARK,
  idempotencyKey: MARK,
  waitMs: 10_000,
});

/** Everything the first project owns, as rows; but when its keys were last used. */
const owned = () => hub.db.sql`
  select (select json_agg(p) from signalbox.projects p where p.slug = 'default') as project,
    (select json_agg(e order by e.id) from signalbox.events e where e.data::text like '%ours%') as events,
    (select json_agg(h order by h.id) from signalbox.hooks h where h.name = ${MARK}) as hooks,
    (select json_agg(d order by d.id) from signalbox.deliveries d) as deliveries,
    (select json_agg(w order by w.id) from signalbox.workflows w) as workflows,
    (select json_agg(i order by i.id) from signalbox.installations i) as installations,
    (select json_agg(r order by r.id) from signalbox.workflow_runs r) as runs,
    (select json_agg(r) from signalbox.resources r) as resources,
    (select json_agg(s) from signalbox.event_schedules s where s.name = ${MARK}) as schedules,
    (select json_agg(r) from signalbox.resource_types r) as resource_types,
    (select json_agg(a) from signalbox.actions a where a.button_text = ${MARK}) as actions,
    (select json_agg(p order by p.id) from signalbox.presses p) as presses,
    (select json_agg(t) from signalbox.event_types t where t.name = ${names[1] ?? ""}) as types,
    (select json_agg(json_build_array(k.id, k.revoked_at) order by k.id) from signalbox.api_keys k) as keys`;

/** The answer the stranger gets, with what it asked with blotted out. */
async function ask(root: RootField, path: string, value: string): Promise<string> {
  // Without a person's consent a press is refused before its action is looked for.
  const { query, variables } = operationOf(root, { "input.confirm": true, [path]: value });
  const answer = JSON.stringify(await hub.send(query, variables, stranger));
  return answer.replaceAll(JSON.stringify(value).slice(1, -1), "asked");
}

test("no id of another project, in whatever place of whatever operation, is told from one that does not exist", async () => {
  const before = await owned();
  const asked: string[] = [];
  for (const root of roots.filter(({ operation }) => operation !== "subscription")) {
    for (const { path } of textPlaces(root).filter(({ type }) => type === "ID")) {
      const unknown = await ask(root, path, UNKNOWN);
      for (const id of ids) {
        const answer = await ask(root, path, id);
        expect([root.name, path, answer]).toEqual([root.name, path, unknown]);
        expect(answer).not.toContain(MARK);
      }
      asked.push(root.name);
    }
  }
  expect(asked).toEqual(
    expect.arrayContaining([
      "Query.node",
      "Query.event",
      "Query.hook",
      "Query.delivery",
      "Query.deliveries",
      "Query.replay",
      "Query.workflow",
      "Query.run",
      "Query.action",
      "Mutation.pressAction",
      "Mutation.updateHook",
      "Mutation.deleteHook",
      "Mutation.rotateHookSecret",
      "Mutation.triggerHook",
      "Mutation.retryDelivery",
      "Mutation.replayDeliveries",
      "Mutation.cancelReplay",
      "Mutation.updateWorkflow",
      "Mutation.releaseWorkflow",
      "Mutation.pauseWorkflow",
      "Mutation.installWorkflow",
      "Mutation.uninstallWorkflow",
      "Mutation.rerunWorkflow",
      "Mutation.revokeApiKey",
      "Mutation.confirmHook",
      "Query.eventSchedule",
      "Mutation.updateEventSchedule",
      "Mutation.pauseEventSchedule",
      "Mutation.resumeEventSchedule",
      "Mutation.runEventSchedule",
      "Mutation.deleteEventSchedule",
    ]),
  );
  expect(await owned()).toEqual(before);
});

test("no name of another project finds anything", async () => {
  for (const root of roots.filter(({ operation }) => operation === "query")) {
    for (const { path } of textPlaces(root).filter(({ type }) => type === "String")) {
      // These name nothing: what is wrong with them depends on the text itself.
      if (/^(cron|input\.(filter|url|orderBy|template|selection|steps\..*))$/.test(path)) continue;
      for (const name of names) {
        const answer = await ask(root, path, name);
        expect([root.name, path, answer]).toEqual([
          root.name,
          path,
          await ask(root, path, "nobody's"),
        ]);
        expect(answer).not.toContain(MARK);
      }
    }
  }
  const archive = await hub.run(
    `mutation ($name: String!) { archiveEventType(name: $name) { userErrors { code } } }`,
    { name: names[1] },
    stranger,
  );
  expect(archive).toEqual({ archiveEventType: { userErrors: [{ code: "NOT_FOUND" }] } });
});

test("names and idempotency keys of one project are free in another", async () => {
  await registerHook(hub, { url: target.url, name: MARK, types: ["none"] }, stranger);
  const { waitMs: _, ...event } = ourEvent();
  const theirs = await emit(
    hub,
    { ...event, data: "another body" },
    "id status why { hook { id } reason }",
    stranger,
  );
  expect(theirs).toMatchObject({
    isDuplicate: false,
    userErrors: [],
    event: { status: "PROCESSED" },
  });
  expect(target.requests.map(({ path }) => path).sort()).toEqual([`/${MARK}`, `/${MARK}/step`]);
});

test("no page of another project's list goes on behind a cursor of ours", async () => {
  const { events } = await hub.run<{ events: { pageInfo: { endCursor: string } } }>(
    "{ events(first: 1) { pageInfo { endCursor } } }",
  );
  for (const root of roots.filter(({ operation }) => operation === "query")) {
    for (const { path } of textPlaces(root).filter((place) =>
      /^(after|before)$/.test(place.path),
    )) {
      const { query, variables } = operationOf(root, { [path]: events.pageInfo.endCursor });
      const answer = await hub.send(query, variables, stranger);
      expect(answer.errors).toBeUndefined();
      for (const id of ids) expect(JSON.stringify(answer)).not.toContain(id);
    }
  }
});

test("no subscription shows anything of another project, whatever it asks for, and from whatever cursor", async () => {
  const cursor = await firstCursor();
  // Each project's feed has positions of its own: the cursor has to be one that the stranger's might have given, too.
  await reach(positionIn(cursor));
  await accepted(hub, { ...ourEvent(), idempotencyKey: "live" });
  const live = roots.filter(({ operation }) => operation === "subscription");
  const seen: string[] = [];
  const asked: string[] = [];
  for (const root of live) {
    let socket = hub.socket(stranger);
    const places = textPlaces(root).filter(({ path }) => path !== "after");
    const foreign = places.flatMap(({ path, type }) =>
      (type === "ID" ? ids : names).map((value) => ({ [path]: value })),
    );
    for (const [index, given] of [{}, ...foreign].entries()) {
      // One socket has room for 50.
      if (index > 0 && index % 50 === 0) socket = hub.socket(stranger);
      const operation = operationOf(root, { ...given, after: cursor }, 1);
      if (Object.keys(given).length > 0) asked.push(root.name);
      socket.subscribe(operation, {
        next: (item) => seen.push(JSON.stringify(item)),
        error: (errors) => seen.push(JSON.stringify({ errors })),
        complete: () => {},
      });
    }
  }
  expect(asked).toEqual(
    expect.arrayContaining([
      "Subscription.actionUpdated",
      "Subscription.eventUpdated",
      "Subscription.deliveryUpdated",
      "Subscription.hookUpdated",
      "Subscription.replayUpdated",
      "Subscription.runUpdated",
    ]),
  );
  await accepted(hub, { ...ourEvent(), idempotencyKey: "later" });
  // The stranger's own events, in the streams of all events, say how far its streams have come.
  for (const type of ["theirs.first", "theirs.last"]) {
    await emit(hub, { type }, "id", stranger);
    await expect
      .poll(() => seen.filter((item) => item.includes(type)).length, { timeout: 60_000 })
      .toBe(2);
  }
  for (const item of seen) {
    expect(item).not.toContain(MARK);
    for (const id of ids) expect(item).not.toContain(id);
  }
  expect(seen.filter((item) => item.includes('"errors"'))).toEqual([]);
});

/** Brings the stranger's feed to a position. */
async function reach(position: number): Promise<void> {
  const [own] = await hub.db.sql<{ id: string }[]>`
    select id from signalbox.projects where name = 'Stranger'`;
  const head = async () =>
    Number(
      (await hub.db.sql`select head from signalbox.heads where project_id = ${own?.id ?? null}`)[0]
        ?.head,
    );
  while ((await head()) < position) await emit(hub, { type: "tick" }, "id", stranger);
}

/** A cursor of the first project, from before what comes now. */
async function firstCursor(): Promise<string> {
  const items = hub
    .socket()
    .iterate<{ activity: { cursor: string } }>({ query: "subscription { activity { cursor } }" });
  let cursor: string | undefined;
  const first = items.next().then(({ value }) => {
    cursor = value?.data?.activity.cursor;
  });
  while (cursor === undefined) await accepted(hub, { type: "tick" });
  await first;
  await items.return?.();
  return cursor;
}
