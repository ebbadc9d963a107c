import type { Command } from "commander";
import type { HubPlace } from "../hub/callHub.ts";
import { type HubFlags, hubCommand, onHub } from "../hub/onHub.ts";
import { printObject } from "../hub/print.ts";
import { findHook } from "./findHook.ts";

export function addGet(hook: Command): void {
  hubCommand(hook, "get <HOOK>", "shows a hook").action(onHub(get));
}

const get = async (hub: HubPlace, given: string, options: HubFlags) =>
  printObject(options, await findHook(hub, given));
