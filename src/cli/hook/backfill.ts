import type { Command } from "commander";
import { type Replay, showReplay } from "../delivery/replay.ts";
import { callHub, checked, type HubPlace, type UserErrorDetail } from "../hub/callHub.ts";
import { type HubFlags, hubCommand, onHub } from "../hub/onHub.ts";
import { note, printObject } from "../hub/print.ts";
import { timeOption } from "../readTime.ts";
import { findHook } from "./findHook.ts";

export function addBackfill(hook: Command): void {
  hubCommand(
    hook,
    "backfill <HOOK>",
    "sends a hook the stored events that it matches now and never got: says how many, then does it",
  )
    .requiredOption("--since <TIME>", "only events accepted then or later", timeOption("since"))
    .option("--until <TIME>", "only events accepted before", timeOption("until"))
    .option("--dry-run", "only say how many match")
    .action(onHub(backfill));
}

type Options = HubFlags & { since: string; until?: string; dryRun?: boolean };
type Payload = {
  payload: { matched: number; replay: Replay | null; userErrors: UserErrorDetail[] };
};

async function backfill(
  hub: HubPlace,
  given: string,
  { since, until, dryRun, ...options }: Options,
): Promise<void> {
  const { id: hookId } = await findHook(hub, given);
  const ask = async (isDryRun: boolean) => {
    const input = { hookId, since, ...(until !== undefined && { until }), dryRun: isDryRun };
    return checked((await callHub<Payload>(hub, document, { input })).payload);
  };
  const { matched } = await ask(true);
  if (dryRun) return printObject(options, { matched });
  note(`${matched} ${matched === 1 ? "event matches" : "events match"}.`);
  if (matched === 0) return printObject(options, { matched });
  await showReplay(hub, (await ask(false)).replay, options);
}

const document = `mutation ($input: BackfillHookInput!) {
  payload: backfillHook(input: $input) {
    matched replay { id status matched created } userErrors { code message path }
  }
}`;
