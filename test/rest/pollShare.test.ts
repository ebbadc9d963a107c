import { beforeAll, expect, test } from "vitest";
import { changesAfter } from "../../src/db/feed/changes.ts";
import { openReadPools, type ReadPools } from "../../src/db/read/readPools.ts";
import { pageOfEvents } from "../../src/doors/v1/pollPage.ts";
import { createContext, type Hub } from "../../src/graphql/builder/context.ts";
import { Overloaded } from "../../src/util/overloaded.ts";
import { createShares } from "../../src/util/shares.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { answer, rest } from "../fixtures/rest.ts";

let hub: TestHub;
let reads: ReadPools;
beforeAll(async () => {
  hub = await testHub();
  reads = await openReadPools(hub.settings.databaseUrl);
  return async () => {
    await reads[Symbol.asyncDispose]();
    await hub[Symbol.asyncDispose]();
  };
});

const MiB = 1024 * 1024;

/** A page of 21 events of 256 KiB each, read with so much memory left to the project. */
async function pageWith(memoryMiB: number) {
  const [project] = await hub.db.sql<{ id: string }[]>`select id from signalbox.projects`;
  const projectId = project?.id ?? "";
  const memory = createShares({ what: "MiB in requests under way", total: 2 * memoryMiB });
  const caller = { projectId, keyId: "key", keyName: "key", role: "VIEWER" } as const;
  const ids = { requestId: "request", trace: null };
  const services = { read: reads.read, forQuery: reads.forQuery, memory } as Hub;
  const context = createContext(services, caller, ids, "subscription");
  const pages = await changesAfter(hub.db.sql, [{ projectId, position: 0 }]);
  const created = pages.get(projectId)?.changes.filter(({ kind, created }) => {
    return kind === "EVENT" && created;
  });
  return { page: pageOfEvents(context, created ?? [], "/here"), context, memory, projectId };
}

beforeAll(async () => {
  const content = "x".repeat(262_000);
  for (let batch = 0; batch < 3; batch++)
    await answer(
      rest(hub, "POST", "/v1/events", {
        body: Array.from({ length: 7 }, () => ({ type: "large", content })),
      }),
      201,
    );
});

test("a page of a long poll counts as memory of its project, and no more is read than is answered", async () => {
  const { page, context, memory, projectId } = await pageWith(16);
  const { items, cutAt } = await page;
  expect([items.length, cutAt]).toEqual([16, expect.any(Number)]);
  const held = memory.held(projectId) * MiB;
  expect(held).toBeGreaterThanOrEqual(16 * 262_000 - 2 * MiB);
  expect(held).toBeLessThan(17 * 262_000 + MiB);
  context.budget.release();
  expect(memory.held(projectId)).toBe(0);
});

test("a long poll of a project that uses its memory up is refused, and can be sent again", async () => {
  const { page, context } = await pageWith(1);
  await expect(page).rejects.toThrow(Overloaded);
  context.budget.release();
});
