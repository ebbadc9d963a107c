import { expect, test } from "vitest";
import type { HookRow } from "../../src/db/hook/hooks.ts";
import { bytesOfConfig } from "../../src/domain/project/configBytes.ts";
import { bytesOfTarget } from "../../src/worker/delivery/targets.ts";

const LONG = "x".repeat(1_000);
/** At least one byte a character. */
const LEAST = 1_000;

test("each text of a project's configuration counts in the memory it is said to take", () => {
  const hook = {
    types: ["a"],
    changed: ["c"],
    channels: ["c"],
    filter: "true",
    userId: "u",
    orderBy: "event.id",
  };
  const bytesOf = (changed: object) => {
    const {
      source = "s",
      name = "a",
      eventType = "a",
      ...inHook
    } = changed as Partial<Record<string, string>>;
    return bytesOfConfig({ source }, [{ name }], [{ ...hook, ...inHook }], [{ eventType }]);
  };
  const longer = [
    { types: [LONG] },
    { channels: [LONG] },
    { changed: [LONG] },
    { filter: LONG },
    { userId: LONG },
    { orderBy: LONG },
    { source: LONG },
    { name: LONG },
    { eventType: LONG },
  ];
  for (const one of longer)
    expect(bytesOf(one) - bytesOf({}), JSON.stringify(one)).toBeGreaterThan(LEAST);
});

test("each text of a hook counts in the memory its target is said to take", () => {
  const hook = {
    ...{ projectId: "p", id: "h", name: "n", uid: "u", description: "d", metadata: "{}" },
    ...{ types: ["a"], channels: ["c"], url: "http://a", format: "EVENT", filter: "true" },
    ...{ userId: "u", retries: 1, timeoutMs: 1, retryScheduleMs: [1], headers: "h" },
    ...{ unsubscribeOn: [410], maxInFlight: 1, rateLimitPerSecond: 1, verification: "NONE" },
    ...{ allowedPerMinute: null, status: "ACTIVE", statusReason: "r", finalStatuses: [413] },
    disableAfter: null,
    ...{
      secrets: [{ sealed: "s", expiresAt: null }],
      createdAt: new Date(),
      updatedAt: new Date(),
    },
    ...{ orderBy: "event.id", onOrderFailure: "BLOCK" },
    ...{
      template: "{{ event.id }}",
      templateContentType: "text/plain",
      selection: "{ id }",
      changed: ["price"],
    },
  } satisfies HookRow;
  const bytesOf = (changed: object) =>
    bytesOfTarget({ hook: { ...hook, ...changed }, version: 1, source: "s", systemEvents: false });
  for (const [field, value] of Object.entries(hook)) {
    const longer = typeof value === "string" ? LONG : Array.isArray(value) ? [LONG] : undefined;
    if (longer === undefined) continue;
    expect(bytesOf({ [field]: longer }) - bytesOf({}), field).toBeGreaterThan(LEAST);
  }
});
