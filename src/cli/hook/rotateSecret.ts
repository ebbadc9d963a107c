import type { Command } from "commander";
import { callHub, checked, type HubPlace, type UserErrorDetail } from "../hub/callHub.ts";
import { hubNumber } from "../hub/limitOption.ts";
import { type HubFlags, hubCommand, onHub } from "../hub/onHub.ts";
import { printObject } from "../hub/print.ts";
import { findHook, type Hook } from "./findHook.ts";

export function addRotateSecret(hook: Command): void {
  hubCommand(
    hook,
    "rotate-secret <HOOK>",
    "replaces a hook's secret and prints the new one, this once (with ED25519 its public key)",
  )
    .option("--overlap-hours <N>", "how long both secrets sign; default 24", hubNumber)
    .action(onHub(rotate));
}

async function rotate(
  hub: HubPlace,
  given: string,
  options: HubFlags & { overlapHours?: number },
): Promise<void> {
  const { id } = await findHook(hub, given);
  const { rotateHookSecret } = await callHub<{
    rotateHookSecret: { hook: Hook; secret: string | null; userErrors: UserErrorDetail[] };
  }>(hub, document, { id, overlapHours: options.overlapHours });
  const { hook, secret } = checked(rotateHookSecret);
  const { id: hookId, name, publicKey } = hook;
  await printObject(options, {
    id: hookId,
    name,
    ...(secret === null ? { publicKey } : { secret }),
  });
}

const document = `mutation ($id: ID!, $overlapHours: Int) {
  rotateHookSecret(id: $id, overlapHours: $overlapHours) {
    hook { id name publicKey } secret userErrors { code message path }
  }
}`;
