import type { Command } from "commander";
import { findHook } from "../hook/findHook.ts";
import type { HubPlace } from "../hub/callHub.ts";
import { wholeNumber } from "../hub/limitOption.ts";
import { timeOption } from "../readTime.ts";

/** What deliveries are chosen by, in a list and in a replay. */
export type FilterFlags = {
  type?: string[];
  user?: string;
  search?: string;
  status?: string[];
  statusCode?: number[];
  error?: string;
  since?: string;
  until?: string;
};

const code = wholeNumber(100, 599);

/** Adds the options of `FilterFlags`. */
export const filterOptions = (command: Command): Command =>
  command
    .option("--type <TYPE...>", "only events of these types, or prefixes such as order.*")
    .option("--user <ID>", "only events of this user")
    .option("--search <TEXT>", "only events with this text in the name, type or data")
    .option("--status <STATUS...>", "only these, such as FAILED")
    .option(
      "--status-code <CODE...>",
      "only if the last attempt was answered by one of these",
      (text, codes: number[] = []) => [...codes, code(text)],
    )
    .option("--error <TEXT>", "only if the last attempt's error contains this")
    .option("--since <TIME>", "only what was made then or later", timeOption("since"))
    .option("--until <TIME>", "only what was made before", timeOption("until"));

/** The same under the names of the API. */
export const filterOf = ({ type, user, search, status, statusCode, ...rest }: FilterFlags) => ({
  ...{ types: type, userId: user, search, status, statusCodes: statusCode },
  ...{ error: rest.error, since: rest.since, until: rest.until },
});

/** The ids of hooks by their ids or names; undefined when none is given. Throws HubError. */
export async function hookIdsOf(
  hub: HubPlace,
  hooks: string[] | undefined,
): Promise<string[] | undefined> {
  if (hooks === undefined || hooks.length === 0) return undefined;
  const ids: string[] = [];
  for (const hook of hooks) ids.push((await findHook(hub, hook)).id);
  return ids;
}
