import { beforeAll, describe, expect, test } from "vitest";
import { healthOf, openHook, pass } from "../fixtures/health.ts";
import { change, countByStatus, emit, register } from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { receiver, status } from "../fixtures/receiver.ts";

let hub: TestHub;
beforeAll(async () => {
  hub = await testHub();
  return () => hub[Symbol.asyncDispose]();
});
const patience = { timeout: 30_000, interval: 50 };

describe("resumeHook of a hook that is ACTIVE", () => {
  const entries = async (id: string) => {
    const { auditLog } = await hub.run<{ auditLog: { nodes: { action: string }[] } }>(
      "query ($id: ID) { auditLog(first: 10, entityId: $id) { nodes { action } } }",
      { id },
    );
    return auditLog.nodes.map(({ action }) => action);
  };

  test("makes the next probe due at once, and is in the audit log", async () => {
    await using target = await receiver(status(500));
    const { id } = await openHook(hub, target.url, "resumed");
    await pass(hub, id, "-1 hour");
    target.answer = status(200);
    expect((await change(hub, "resumeHook", id)).hook).toMatchObject({ status: "ACTIVE" });
    await expect.poll(async () => (await healthOf(hub, id)).health, patience).toBe("HEALTHY");
    expect(await entries(id)).toEqual(["resumeHook", "registerHook"]);
    // Now there is nothing to resume.
    await change(hub, "resumeHook", id);
    expect(await entries(id)).toHaveLength(2);
  });

  test("ends the pause that its target asked for", async () => {
    await using target = await receiver(status(429, { "retry-after": "3000" }));
    const { id } = await register(hub, { url: target.url, types: ["asked"] });
    await emit(hub, { type: "asked", waitMs: 0 });
    await expect
      .poll(async () => (await healthOf(hub, id)).heldUntil, patience)
      .toEqual(expect.any(String));
    target.answer = status(200);
    await change(hub, "resumeHook", id);
    await emit(hub, { type: "asked", waitMs: 0 });
    await expect
      .poll(async () => (await countByStatus(hub, id)).SUCCEEDED, patience)
      .toBeGreaterThan(0);
    expect((await healthOf(hub, id)).heldUntil).toBeNull();
  });
});
