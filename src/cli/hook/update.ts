import type { Command } from "commander";
import { callHub, checked, exact, type HubPlace, type UserErrorDetail } from "../hub/callHub.ts";
import { type HubFlags, hubCommand, onHub } from "../hub/onHub.ts";
import { printObject } from "../hub/print.ts";
import { Misuse } from "../misuse.ts";
import { findHook, type Hook, hookFields } from "./findHook.ts";
import { settingsOf, withSettings } from "./settings.ts";

export function addUpdate(hook: Command): void {
  const command = hubCommand(
    hook,
    "update <HOOK>",
    'changes a hook; "" takes an optional setting away',
  )
    .option("--target <URL>", "another URL to call")
    .option("--types <TYPE,TYPE>", "other event types");
  withSettings(command).action(onHub(update));
}

async function update(
  hub: HubPlace,
  given: string,
  options: HubFlags & { target?: string; types?: string },
): Promise<void> {
  const { target, types } = options;
  const input = exact({
    ...(target !== undefined && { url: target }),
    ...(types !== undefined && { types: types.split(",").map((type) => type.trim()) }),
    ...settingsOf(options),
  });
  if (Object.keys(input).length === 0)
    throw new Misuse("Nothing is to be changed: name a setting (hook update --help).");
  const { id } = await findHook(hub, given);
  const { updateHook } = await callHub<{
    updateHook: { hook: Hook; secret: string | null; userErrors: UserErrorDetail[] };
  }>(hub, document, { id, input });
  const { hook, secret } = checked(updateHook);
  await printObject(options, { ...hook, ...(secret !== null && { secret }) });
}

const document = `mutation ($id: ID!, $input: UpdateHookInput!) {
  updateHook(id: $id, input: $input) { hook { ${hookFields} } secret userErrors { code message path } }
}`;
