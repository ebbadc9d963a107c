import { expect, test } from "vitest";
import { shellProcess } from "../fixtures/cliProcess.ts";
import { program } from "../fixtures/documents.ts";
import { testHub } from "../fixtures/hub.ts";
import { withKit } from "../fixtures/kit.ts";
import { testWith } from "../fixtures/machine.ts";
import { expectVerified, linesOfCode } from "../fixtures/quickstart.ts";
import { receiver, statuses } from "../fixtures/receiver.ts";
import { folder } from "../fixtures/scripts.ts";
import { typedFolder } from "../fixtures/typed.ts";

test("README and the quickstart start the hub by the same line", () => {
  expect(program("quickstart", "sh start")).toBe(program("README", "sh start"));
});

test("the quickstart's command registers the hook and prints its secret last", async () => {
  await using hub = await testHub();
  const line = program("quickstart", "sh hook").replace("sbx_…", hub.key).replace("npx ", "");
  await using registering = shellProcess(hub, line);
  expect(await registering.exited, registering.stderr).toMatchObject({ code: 0 });
  const hook = JSON.parse(registering.lines[0] ?? "");
  expect(hook).toMatchObject({
    url: "http://127.0.0.1:9000/",
    types: ["invoice.*"],
    status: "ACTIVE",
  });
  expect(Object.keys(hook).at(-1)).toBe("secret");
  expect(program("quickstart", "sh secret")).toContain(`SECRET=${hook.secret.slice(0, 6)}`);
});

test("the quickstart in JavaScript emits, and takes the delivery that is signed, not the changed one", () =>
  expectVerified({
    file: "quickstart.mjs",
    code: withKit(program("quickstart", "js quickstart")),
    command: [process.execPath],
  }));

testWith("curl", "openssl")(
  "the quickstart with curl emits, and takes the delivery that is signed, not the changed one",
  () =>
    expectVerified({
      file: "quickstart.sh",
      code: program("quickstart", "sh quickstart"),
      command: ["sh"],
    }),
);

test("the quickstart's program in JavaScript is TypeScript", async () => {
  await using place = await typedFolder();
  await place.write("node.d.ts", '/// <reference types="node" />');
  await place.write("quickstart.ts", program("quickstart", "js quickstart"));
  expect(await place.compile()).toBe("");
});

test.each(["js", "python", "go", "java", "sh"])(
  "the quickstart in %s has at most 20 lines of code",
  (language) => {
    expect(linesOfCode(program("quickstart", `${language} quickstart`))).toBeLessThanOrEqual(20);
  },
);

test("the function that emits tries again while the hub is busy or away, and emits once", async () => {
  await using place = await folder();
  const { emit } = await place.load(program("send-events", "js emit"));
  await using hub = await testHub();
  const id = await emit(hub.url, hub.key, { type: "order.paid", data: { amount: 1 } });
  const key = { type: "order.paid", idempotencyKey: "one" };
  expect(await emit(hub.url, hub.key, key)).toBe(await emit(hub.url, hub.key, key));
  type Events = { events: { nodes: { id: string }[] } };
  const { events } = await hub.run<Events>("{ events { nodes { id } } }");
  expect(events.nodes).toHaveLength(2);
  expect(events.nodes.map((event) => event.id)).toContain(id);
  await expect(emit(hub.url, hub.key, { type: "" })).rejects.toThrow();

  await using busy = await receiver(statuses(503, 429, 401));
  // 401 is an answer: the third call's.
  await expect(emit(busy.url, "key", { type: "a" })).rejects.toThrow();
  const bodies = busy.requests.map(({ body }) => JSON.parse(body).variables.input.idempotencyKey);
  expect(bodies).toHaveLength(3);
  expect(new Set(bodies).size).toBe(1);
});
