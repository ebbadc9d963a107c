import { expect, test } from "vitest";
import { eventTypesFile } from "../../src/cli/types/eventTypesFile.ts";
import { program } from "../fixtures/documents.ts";
import { typedFolder } from "../fixtures/typed.ts";

const schema = (properties: object) => ({
  type: "object",
  properties,
  required: Object.keys(properties),
});
const events = eventTypesFile([
  {
    name: "order.paid",
    description: null,
    jsonSchema: schema({ amount: { type: "number" }, currency: { type: "string" } }),
  },
  { name: "order.left", description: null, jsonSchema: schema({ n: { type: "integer" } }) },
  { name: "user.born", description: null, jsonSchema: null },
]);

const right = `
import { createClient } from "signalbox/client";
import { createReceiver, signedRequest } from "signalbox/receiver";
import type { Events } from "./events.ts";

export const client = createClient<Events>({ url: "http://127.0.0.1:4000", key: "k" });
await client.emit("order.paid", { amount: 2n ** 64n, currency: "EUR" }, { userId: "u" });
await client.emit("user.born", ["anything"]);
await client.emitMany([{ type: "order.left", data: { n: 1n }, delay: 5 }]);
for await (const { cursor, event } of client.events({ types: ["order.paid"] })) {
  const text: string = cursor + event.type + event.data.currency;
  const type: "order.paid" = event.type;
  console.log(text, type, event.data.amount * 2);
}
for await (const { event } of client.events({ types: ["order.*"] })) {
  if (event.type === "order.left") console.log(event.data.n);
  else console.log(event.data.currency);
}
for await (const { event } of client.events()) if (event.type === "order.paid") console.log(event.data.amount);

export const receiver = createReceiver<Events>({ secrets: ["whsec_"] })
  .on("order.paid", async ({ data, attempt }) => console.log(data.amount * attempt))
  .onAny(({ type, data }) => {
    if (type === "order.left") console.log(data.n);
  });
await signedRequest<Events>({ type: "order.left", data: { n: 1 } }, "whsec_");

const free = createClient({ url: "http://127.0.0.1:4000", key: "k" });
await free.emit("whatever", { a: [1n] });
`;

/** Each is one line that must not compile, and what the compiler must say. */
const wrong: [line: string, says: string][] = [
  ['await client.emit("order.paid", { amount: "much", currency: "EUR" });', "not assignable"],
  ['await client.emit("order.paid", { amount: 1, curency: "EUR" });', "curency"],
  ['await client.emit("order.paid", { amount: 1 });', "currency"],
  ['await client.emit("order.payed", { amount: 1, currency: "EUR" });', "order.payed"],
  ['await client.emit("order.paid", { amount: 1, currency: "EUR" }, { user: "u" });', "user"],
  ['await client.emitMany([{ type: "order.left", data: { amount: 1 } }]);', "amount"],
  ['receiver.on("order.paid", ({ data }) => console.log(data.total));', "total"],
  ['receiver.on("order.payed", () => {});', "order.payed"],
  ['receiver.on("order.paid", ({ data }) => console.log(data.currency * 2));', "arithmetic"],
  ['await signedRequest<Events>({ type: "order.left", data: { amount: 1 } }, "");', "amount"],
  ['for await (const { event } of client.events({ types: ["order.paid"] })) event.data.n;', "'n'"],
];

test("what fits the types compiles, and each wrong field does not, where it is emitted and where it is handled", async () => {
  await using place = await typedFolder();
  await place.write("events.ts", events);
  await place.write("right.ts", right);
  await place.write(
    "process.d.ts",
    "declare const process: { env: Record<string, string | undefined> };",
  );
  await place.write("client.ts", program("client", "ts typed"));
  await place.write("receiver.ts", program("receiver", "ts typed"));
  expect(await place.compile()).toBe("");

  const head = `import { signedRequest } from "signalbox/receiver";
import type { Events } from "./events.ts";
import { client, receiver } from "./right.ts";
void signedRequest<Events>;
`;
  const lines = wrong.map(([line]) => line).join("\n");
  await place.write("wrong.ts", `${head}void [client, receiver];\n${lines}\n`);
  const said = await place.compile();
  for (const [index, [line, says]] of wrong.entries())
    expect(said.match(new RegExp(`wrong\\.ts\\(${index + 6},.*`))?.[0] ?? said, line).toContain(
      says,
    );
});
