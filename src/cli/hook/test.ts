import type { Command } from "commander";
import { WAIT_MS } from "../event/emit.ts";
import { callHub, checked, type HubPlace, type UserErrorDetail } from "../hub/callHub.ts";
import { type HubFlags, hubCommand, onHub } from "../hub/onHub.ts";
import { printObject } from "../hub/print.ts";
import { readData } from "../hub/readData.ts";
import { findHook } from "./findHook.ts";

export function addTest(hook: Command): void {
  hubCommand(
    hook,
    "test <HOOK> [DATA]",
    "sends a test event to this hook alone and prints its delivery; DATA: the type's example when absent",
  )
    .option("--type <TYPE>", "the event's type; the hook's first exact type when absent")
    .option("--wait", "wait up to 15 s for the delivery; exit code 1 unless it has succeeded")
    .action(onHub(test));
}

async function test(
  hub: HubPlace,
  given: string,
  dataText: string | undefined,
  { type, wait, ...options }: HubFlags & { type?: string; wait?: boolean },
): Promise<void> {
  const data = await readData(dataText);
  const { id } = await findHook(hub, given);
  const waitMs = wait ? WAIT_MS : undefined;
  const { testHook } = await callHub<{
    testHook: { delivery: { status: string }; userErrors: UserErrorDetail[] };
  }>(hub, document, { id, type, data, waitMs });
  const { delivery } = checked(testHook);
  await printObject(options, delivery);
  if (wait && delivery.status !== "SUCCEEDED") process.exitCode = 1;
}

const document = `mutation ($id: ID!, $type: String, $data: JSON, $waitMs: Int) {
  testHook(id: $id, type: $type, data: $data, waitMs: $waitMs) {
    delivery { id status attemptCount maxAttempts lastError event { id type } attempts { statusCode elapsedMs error } }
    userErrors { code message path }
  }
}`;
