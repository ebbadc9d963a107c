import type { Command } from "commander";
import { WAIT_MS } from "../event/emit.ts";
import { printEmitted } from "../event/printEmitted.ts";
import { callHub, checked, type HubPlace, type UserErrorDetail } from "../hub/callHub.ts";
import { type HubFlags, hubCommand, onHub } from "../hub/onHub.ts";
import { readData } from "../hub/readData.ts";
import { findHook } from "./findHook.ts";

export function addTrigger(program: Command): void {
  hubCommand(
    program,
    "trigger <HOOK> [DATA]",
    "emits an event of a hook's first exact type by hand and prints its id; every hook of that type receives it",
  )
    .option("--wait", "wait up to 15 s for its deliveries; exit code 1 unless all have succeeded")
    .action(onHub(trigger));
}

async function trigger(
  hub: HubPlace,
  given: string,
  dataText: string | undefined,
  options: HubFlags & { wait?: boolean },
): Promise<void> {
  const data = await readData(dataText);
  const { id } = await findHook(hub, given);
  const waitMs = options.wait ? WAIT_MS : undefined;
  const { triggerHook } = await callHub<{
    triggerHook: {
      event: { id: string; status: string };
      isDuplicate: boolean;
      userErrors: UserErrorDetail[];
    };
  }>(hub, document, { id, data, waitMs });
  const { event, isDuplicate } = checked(triggerHook);
  await printEmitted({ ...event, isDuplicate }, options);
}

const document = `mutation ($id: ID!, $data: JSON, $waitMs: Int) {
  triggerHook(id: $id, data: $data, waitMs: $waitMs) {
    event { id status } isDuplicate userErrors { code message path }
  }
}`;
