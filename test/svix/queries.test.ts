import { afterAll, beforeAll, expect, test } from "vitest";
import { type DoorCall, doorCall } from "../fixtures/doorCall.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";

let hub: TestHub;
let call: DoorCall;
const app = "/api/v1/app/app";
beforeAll(async () => {
  hub = await testHub();
  call = doorCall(hub);
  await call("POST", "/api/v1/app", { name: "App", uid: "app" });
  await call("POST", `${app}/endpoint`, { url: "http://127.0.0.1:9/", uid: "ep" });
  for (const eventType of ["one", "other", "two"])
    await call("POST", `${app}/msg`, { eventType, payload: {} });
});
afterAll(() => hub[Symbol.asyncDispose]());

test.each([
  "event_types=one&event_types=two",
  "event_types=one,two",
  "event_types=three&event_types=one,two&event_types=",
])("a list has what is asked for by %s, each type of it", async (query) => {
  const listed = async (path: string) => {
    const { data } = (await call("GET", path)).body as { data: { eventType: string }[] };
    return data.map(({ eventType }) => eventType);
  };
  expect(await listed(`${app}/msg?${query}`)).toEqual(["two", "one"]);
  expect(await listed(`${app}/msg?other=1&other=2`)).toEqual(["two", "other", "one"]);
});

test.each(["1000-01-01T00:00:00", "1000-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z"])(
  "%s is a time wherever one is asked for",
  async (time) => {
    for (const query of [
      ...["msg?before", "msg?after", "attempt/endpoint/ep?before", "attempt/endpoint/ep?after"],
      ...["endpoint/ep/stats?since", "endpoint/ep/stats?until"],
    ])
      expect([query, (await call("GET", `${app}/${query}=${time}`)).status]).toEqual([query, 200]);
  },
);
