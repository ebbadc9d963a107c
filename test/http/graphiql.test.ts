import { createHash } from "node:crypto";
import vm from "node:vm";
import { parse, validate } from "graphql";
import { expect, test } from "vitest";
import { schema } from "../../src/graphql/schema.ts";
import { placeholder, tourTabs } from "../../src/http/page/tour.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { receiver, statuses } from "../fixtures/receiver.ts";
import { following } from "../fixtures/subscription.ts";

const queries = tourTabs.map(({ query }) => query);

async function page(hub: TestHub) {
  const response = await fetch(`${hub.url}/graphql`, { headers: { accept: "text/html" } });
  const html = await response.text();
  const start = html.indexOf("<script>") + "<script>".length;
  const script = html.slice(start, html.indexOf("</script>", start));
  return { html, script, policy: response.headers.get("content-security-policy") ?? "" };
}

test("the page asks no other host for anything, and its policy would not let it", async () => {
  await using hub = await testHub();
  const { html, script, policy } = await page(hub);
  const outside = html.replace(script, "");
  expect(outside.match(/(?:src|href)="(?!data:)[^"]*"/g)).toBeNull();
  const hash = createHash("sha256").update(script).digest("base64");
  expect(policy).toContain(`script-src 'sha256-${hash}'`);
  expect(policy).toContain("connect-src 'self'");
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toMatch(/https?:|\*/);
});

test("the page is made for the tour: its tabs, the key in every tab and on the websocket", async () => {
  await using hub = await testHub();
  const { html, script } = await page(hub);
  for (const query of queries) expect(html).toContain(JSON.stringify(query).slice(1, 60));

  let refetched = 0;
  const removed: string[] = [];
  const browser = vm.createContext({
    localStorage: {
      getItem: () => '{"headers":"Authorization"}',
      removeItem: (name: string) => removed.push(name),
    },
    CloseEvent: class {},
    document: { querySelector: () => ({ click: () => refetched++ }) },
  });
  const [source = ""] =
    /localStorage\.removeItem.+?connectionParams: given };\n}\n/s.exec(script) ?? [];
  vm.runInContext(source, browser);
  // What earlier versions stored.
  expect(removed).toEqual(["signalbox:authorization", "graphiql:tabState"]);
  const headersFor = (given?: object) =>
    JSON.parse(
      vm.runInContext(`JSON.stringify(signalboxHeaders(${JSON.stringify(given)}))`, browser),
    );

  const empty = { Authorization: placeholder };
  expect(headersFor(empty)).toEqual({ headers: empty, connectionParams: empty });
  const pasted = { Authorization: "Bearer sbx_1", "x-more": "1" };
  expect(headersFor(pasted)).toEqual({ headers: pasted, connectionParams: pasted });
  expect(headersFor(pasted).headers).toEqual(pasted);
  expect(refetched).toBe(1);
  expect(headersFor(empty).connectionParams).toEqual({ Authorization: "Bearer sbx_1" });
  expect(headersFor().headers).toEqual({ Authorization: "Bearer sbx_1" });
});

test("every operation of the tour fits the schema, and no line runs under GraphiQL's buttons", () => {
  expect(queries).toHaveLength(4);
  for (const query of queries) {
    expect(validate(schema, parse(query))).toEqual([]);
    expect(Math.max(...query.split("\n").map((line) => line.length))).toBeLessThanOrEqual(58);
  }
});

test("the tour as it is written: a hook, an event, its deliveries live, its attempts", async () => {
  const [register = "", emit = "", watch = "", read = ""] = queries;
  await using target = await receiver(statuses(503, 200));
  await using hub = await testHub();
  const live = hub
    .socket()
    .iterate<{ deliveryUpdated: { delivery: { status: string } } }>({ query: watch });
  const first = live.next();
  await following(hub.url, 1);

  type Registered = { registerHook: { hook: { id: string; status: string }; secret: string } };
  const { registerHook } = await hub.run<Registered>(register);
  expect(registerHook.hook.status).toBe("ACTIVE");
  expect(registerHook.secret).toMatch(/^whsec_/);
  // To a receiver that is there, and sooner than a reader of the tour has to wait.
  await hub.run(
    `mutation ($id: ID!, $url: String!) {
      updateHook(id: $id, input: { url: $url, retryScheduleMs: [100] }) { userErrors { message } }
    }`,
    { id: registerHook.hook.id, url: target.url },
  );
  await hub.run(emit);

  const seen = [(await first).value?.data?.deliveryUpdated.delivery.status];
  while (seen.at(-1) !== "SUCCEEDED") {
    seen.push((await live.next()).value?.data?.deliveryUpdated.delivery.status);
  }
  expect(seen).toEqual(["PENDING", "RETRYING", "SUCCEEDED"]);
  expect(target.requests).toHaveLength(2);

  type Read = { deliveries: { nodes: { status: string; attempts: { statusCode: number }[] }[] } };
  const { deliveries } = await hub.run<Read>(read);
  expect(deliveries.nodes.map(({ status }) => status)).toEqual(["SUCCEEDED"]);
  expect(deliveries.nodes[0]?.attempts.map(({ statusCode }) => statusCode)).toEqual([503, 200]);
});
