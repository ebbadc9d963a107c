import { type Command, Option } from "commander";
import { callHub, checked, exact, type HubPlace, type UserErrorDetail } from "../hub/callHub.ts";
import { type HubFlags, hubCommand, onHub } from "../hub/onHub.ts";
import { printObject } from "../hub/print.ts";
import { type Hook, hookFields } from "./findHook.ts";
import { settingsOf, withSettings } from "./settings.ts";

export function addCreate(hook: Command): void {
  const command = hubCommand(
    hook,
    "create <URL> <TYPE...>",
    "registers a hook and prints its secret, this once (with ED25519 its public key); a TYPE is exact, a prefix such as order.*, or *",
  );
  withSettings(command)
    .option(
      "--secret <SECRET>",
      "whsec_ and base64, with ED25519 a private key, whsk_ and base64; generated when absent",
    )
    .option("--paused", "it gets nothing before hook resume")
    .addOption(
      new Option("--verification <HOW>", "how the target has to consent").choices([
        "NONE",
        "HOOK_SECRET",
        "CLOUD_EVENTS",
      ]),
    )
    .action(onHub(create));
}

async function create(
  hub: HubPlace,
  url: string,
  types: string[],
  options: HubFlags & { secret?: string; verification?: string; paused?: true },
): Promise<void> {
  const { secret, verification, paused } = options;
  const input = exact({
    ...{ url, types },
    ...settingsOf(options),
    ...(secret !== undefined && { secret }),
    ...(verification !== undefined && { verification }),
    ...(paused && { paused }),
  });
  const { registerHook } = await callHub<{
    registerHook: { hook: Hook; secret: string | null; userErrors: UserErrorDetail[] };
  }>(hub, document, { input });
  const { hook, secret: made } = checked(registerHook);
  await printObject(options, { ...hook, ...(made !== null && { secret: made }) });
}

const document = `mutation ($input: RegisterHookInput!) {
  registerHook(input: $input) { hook { ${hookFields} } secret userErrors { code message path } }
}`;
