import { expect, test } from "vitest";
import { testHub } from "../fixtures/hub.ts";

test("a wrong item of a list is named by its index, in variables and in literals", async () => {
  await using hub = await testHub();
  const messages = async (query: string, variables = {}) =>
    (await hub.send(query, variables)).errors?.map(({ message }) => message);

  const states = Array.from({ length: 50 }, (_, index) => (index % 20 === 7 ? "NOPE" : "FAILED"));
  const nope = /Value "NOPE" does not exist in "DeliveryStatus" enum/;
  const byVariable = await messages(
    "query ($s: [DeliveryStatus!]) { deliveries(status: $s) { nodes { id } } }",
    { s: states },
  );
  expect(byVariable).toEqual(
    [7, 27, 47].map((index) =>
      expect.stringMatching(
        `^Variable "\\$s" got invalid value "NOPE" at "s\\[${index}\\]"; ${nope.source}`,
      ),
    ),
  );
  const byLiteral = await messages(
    `{ deliveries(status: [${states.join(", ")}]) { nodes { id } } }`,
  );
  expect(byLiteral).toEqual(
    [7, 27, 47].map((index) => expect.stringMatching(`^At \\[${index}\\]: ${nope.source}`)),
  );

  const input = states.map((state) => (state === "NOPE" ? { type: 7 } : { type: "a" }));
  expect(
    await messages(
      "mutation ($i: [EmitEventInput!]!) { emitEvents(input: $i) { userErrors { message } } }",
      { i: input },
    ),
  ).toEqual(
    [7, 27, 47].map((index) => expect.stringContaining(`at "i[${index}].type"; String cannot`)),
  );
  const literal = JSON.stringify(input).replaceAll('"type"', "type");
  expect(
    await messages(`mutation { emitEvents(input: ${literal}) { userErrors { message } } }`),
  ).toEqual(
    [7, 27, 47].map((index) => expect.stringContaining(`At [${index}].type: String cannot`)),
  );
  // The one value of an argument has no place in a list.
  expect(await messages("{ deliveries(status: NOPE) { nodes { id } } }")).toEqual([
    expect.stringMatching(`^${nope.source}`),
  ]);
});
