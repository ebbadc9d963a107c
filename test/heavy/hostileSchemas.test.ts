import { afterAll, beforeAll, expect, test } from "vitest";
import type { UserError } from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { type Neighbour, startNeighbour, unharmed } from "../fixtures/neighbour.ts";
import { tenantOf } from "../fixtures/tenant.ts";

/** Whoever may register a type may register a schema that is costly to compile, to check and to compare. */
let hub: TestHub;
let neighbour: Neighbour;
beforeAll(async () => {
  hub = await testHub();
  neighbour = await startNeighbour(hub);
});
afterAll(async () => {
  await neighbour[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
});

const registerType = async (tenant: TestHub, name: string, schema: object) => {
  const { registerEventType } = await tenant.run<{
    registerEventType: { userErrors: UserError[] };
  }>(
    `mutation ($input: RegisterEventTypeInput!) {
      registerEventType(input: $input) { userErrors { code message path } }
    }`,
    { input: { name, schema } },
  );
  return registerEventType.userErrors;
};
const emitAll = (tenant: TestHub, input: object[]) =>
  tenant.send<{ emitEvents: { events: { id: string }[] | null; userErrors: UserError[] } }>(
    `mutation ($input: [EmitEventInput!]!) {
      emitEvents(input: $input) { events { id } userErrors { code message path } }
    }`,
    { input },
  );

/** Every level is tried twice: 2 to the power of the depth. */
const doubling = {
  $defs: {
    node: {
      type: "object",
      properties: { next: { anyOf: [{ $ref: "#/$defs/node" }, { $ref: "#/$defs/node" }] } },
      required: ["never"],
    },
  },
  $ref: "#/$defs/node",
};
const nested = (depth: number): object => (depth === 0 ? {} : { next: nested(depth - 1) });
const wide = (index: number) => ({
  type: "object",
  properties: Object.fromEntries(
    Array.from({ length: 400 }, (_, i) => [
      `field_${index}_${i}_${"x".repeat(40)}`,
      { type: ["string", "null"], minLength: 1, maxLength: 10 + i },
    ]),
  ),
});

test("data that its schema would be checked against for ages is refused, and nobody else waits", async () => {
  const tenant = await tenantOf(hub);
  expect(await registerType(tenant, "doubling", doubling)).toEqual([]);
  const answer = await unharmed(neighbour, () =>
    emitAll(tenant, Array(30).fill({ type: "doubling", data: nested(40) })),
  );
  const refusals = answer.data?.emitEvents.userErrors ?? [];
  const isOverShare = answer.errors?.[0]?.extensions.code === "TOO_MANY_REQUESTS";
  expect(isOverShare || refusals.length === 30).toBe(true);
  for (const { code, message } of refusals)
    expect({ code, message }).toEqual({
      code: "DATA_INVALID",
      message: expect.stringContaining("check against its schema"),
    });
});

test("large schemas are compiled where nobody waits for it, and one emit may need many of them", async () => {
  const tenant = await tenantOf(hub);
  const types = Array.from({ length: 2 }, (_, index) => `wide.${index}`);
  await unharmed(neighbour, async () => {
    for (const [index, type] of types.entries()) {
      // The project's share of processor time may end: it is told so, and goes on later.
      await expect
        .poll(() => registerType(tenant, type, wide(index)).catch(() => "later"), {
          timeout: 60_000,
        })
        .toEqual([]);
    }
    const input = types.map((type, index) => ({
      type,
      data: { [`field_${index}_0_${"x".repeat(40)}`]: index },
    }));
    await expect
      .poll(async () => (await emitAll(tenant, input)).data?.emitEvents.userErrors.length, {
        timeout: 60_000,
      })
      .toBe(2);
  });
});

test("a small schema goes on being checked at once while a large one of the same project is", async () => {
  const tenant = await tenantOf(hub);
  expect(await registerType(tenant, "small", { amount: "Number" })).toEqual([]);
  const { data } = await emitAll(tenant, [{ type: "small", data: { amount: "1" } }]);
  expect(data.emitEvents.userErrors).toEqual([
    {
      code: "DATA_INVALID",
      message: "field 'amount' must be a number",
      path: ["0", "data", "amount"],
    },
  ]);
});
