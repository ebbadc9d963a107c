import type { Command } from "commander";
import { ConfigError, readHubSettings } from "../../config/config.ts";
import { Misuse } from "../misuse.ts";
import type { HubPlace } from "./callHub.ts";

/** The flags of every command that calls a hub. */
export type HubFlags = { url?: string; key?: string; json?: boolean };

/** The names of those flags: usage lines leave them out. */
export const hubFlags: readonly string[] = ["--url", "--key", "--json"];

/** Declares a command that calls a hub. */
export const hubCommand = (
  parent: Command,
  call: string,
  description: string,
  options: { isDefault?: boolean } = {},
): Command =>
  parent
    .command(call, options)
    .description(description)
    .option("--url <URL>", "the hub's address; better SIGNALBOX_URL; default http://127.0.0.1:4000")
    .option("--key <KEY>", "an API key; better SIGNALBOX_KEY, since others see a command's flags")
    .option("--json", "one JSON object a line, also on a terminal");

/** The place that the flags and the environment name. Throws Misuse when there is no key. */
function hubPlace(flags: HubFlags): HubPlace {
  const { url, key } = settingsOf(() => readHubSettings(flags));
  if (key !== undefined) return { url, key };
  throw new Misuse(
    "No API key is given: set SIGNALBOX_KEY (the hub shows its first key at its first start; key create makes another).",
  );
}

/** Reads settings; one that can be none is a mistake in the call. Throws Misuse. */
export function settingsOf<Settings>(read: () => Settings): Settings {
  try {
    return read();
  } catch (error) {
    if (error instanceof ConfigError) throw new Misuse(error.message, { cause: error });
    throw error;
  }
}

/** A command's action: calls `run` with the hub, the arguments and the options. */
export const onHub = <Given extends unknown[]>(
  run: (hub: HubPlace, ...given: Given) => Promise<void>,
) =>
  async function (this: Command, ...given: Given): Promise<void> {
    await run(hubPlace(this.opts<HubFlags>()), ...given);
  };
