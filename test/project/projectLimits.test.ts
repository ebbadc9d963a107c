import { expect, test } from "vitest";
import { type TestHub, testHub } from "../fixtures/hub.ts";

/** What came of five that were made at once where there is room for one. */
async function five(hub: TestHub, mutation: string) {
  const answers = await Promise.all(
    Array.from({ length: 5 }, () =>
      hub.run<{ made: { userErrors: { code: string }[] } }>(
        `mutation { made: ${mutation} { userErrors { code } } }`,
      ),
    ),
  );
  return answers.map(({ made }) => made.userErrors[0]?.code ?? "made").sort();
}
const one = ["LIMIT_REACHED", "LIMIT_REACHED", "LIMIT_REACHED", "LIMIT_REACHED", "made"];

test("of five keys that are made at once, only as many are as there is room for", async () => {
  await using hub = await testHub();
  const { sql } = hub.db;
  await sql`
    insert into signalbox.api_keys (project_id, id, name, role, prefix, digest)
    select p.id, gen_random_uuid(), 'n', 'VIEWER', 'sbx_', 'digest ' || n
    from signalbox.projects p, generate_series(2, 999) n`;
  expect(await five(hub, 'createApiKey(input: { name: "k", role: VIEWER })')).toEqual(one);
});

test("so of five hooks, and of five event types", async () => {
  await using hub = await testHub();
  const { sql } = hub.db;
  await sql`
    insert into signalbox.hooks (project_id, id, kind, types, url, format, retries, timeout_ms, unsubscribe_on,
      max_in_flight, status, secrets)
    select p.id, gen_random_uuid(), 'HOOK', '{none}', 'http://127.0.0.1:1/', 'CLOUD_EVENT', 0, 100, '{}', 1, 'PAUSED', '[]'
    from signalbox.projects p, generate_series(1, 19999) n`;
  const hook = 'registerHook(input: { url: "http://127.0.0.1:1/", types: ["none"] })';
  expect(await five(hub, hook)).toEqual(one);
  await sql`
    insert into signalbox.event_types (project_id, id, name, origin, version)
    select p.id, gen_random_uuid(), 'type ' || n, 'CUSTOM', 1 from signalbox.projects p, generate_series(1, 999) n`;
  const names = Array.from({ length: 5 }, (_, n) =>
    hub.run<{ registerEventType: { userErrors: { code: string }[] } }>(
      `mutation { registerEventType(input: { name: "new ${n}" }) { userErrors { code } } }`,
    ),
  );
  const codes = (await Promise.all(names)).map(
    ({ registerEventType }) => registerEventType.userErrors[0]?.code ?? "made",
  );
  expect(codes.sort()).toEqual(one);
});
