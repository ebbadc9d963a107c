import { parse, validate } from "graphql";
import { expect, test } from "vitest";
import { headersWithKey, keyIn } from "../../src/console/graphiql/headersWithKey.ts";
import { tourHeaders, tourTabs } from "../../src/console/graphiql/tour.ts";
import { schema } from "../../src/graphql/schema.ts";
import { testHub } from "../fixtures/hub.ts";
import { receiver, statuses } from "../fixtures/receiver.ts";
import { following } from "../fixtures/subscription.ts";

const queries = tourTabs.map(({ query }) => query);

test("the page runs and fetches the hub's own files alone, and its policy would let it no other", async () => {
  await using hub = await testHub();
  const response = await fetch(`${hub.url}/graphql`, { headers: { accept: "text/html" } });
  const page = await response.text();
  expect(
    page.match(/<script(?![^>]*src="\/assets\/)|<style| on\w+=|(?:src|href)="(?!\/)/g),
  ).toBeNull();
  const policy = response.headers.get("content-security-policy") ?? "";
  expect(policy).toContain("default-src 'none'; script-src 'self'; worker-src 'self'");
  expect(policy).toContain("connect-src 'self'");
  expect(policy).not.toMatch(/https?:|\*|script-src[^;]*unsafe/);
  expect(response.headers.get("cross-origin-opener-policy")).toBe("same-origin");
});

test("a key that is pasted into one tab of the tour is sent from every tab that has none of its own", () => {
  const unfilled = JSON.parse(tourHeaders);
  expect(keyIn(unfilled)).toBeUndefined();
  expect(keyIn(undefined)).toBeUndefined();
  expect(headersWithKey(unfilled, undefined)).toEqual({});
  expect(headersWithKey(undefined, undefined)).toEqual({});

  const pasted = { Authorization: "Bearer sbx_1", "x-more": "1" };
  expect(keyIn(pasted)).toBe("Bearer sbx_1");
  expect(headersWithKey(unfilled, "Bearer sbx_1")).toEqual({ Authorization: "Bearer sbx_1" });
  expect(headersWithKey(undefined, "Bearer sbx_1")).toEqual({ Authorization: "Bearer sbx_1" });
  expect(headersWithKey(pasted, "Bearer sbx_2")).toEqual(pasted);
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
