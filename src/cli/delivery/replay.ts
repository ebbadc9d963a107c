import { setTimeout as delay } from "node:timers/promises";
import type { Command } from "commander";
import { callHub, checked, type HubPlace, pollHub, type UserErrorDetail } from "../hub/callHub.ts";
import { HubError } from "../hub/hubError.ts";
import { type HubFlags, hubCommand, onHub } from "../hub/onHub.ts";
import { note, printObject } from "../hub/print.ts";
import { createProgress } from "../hub/progress.ts";
import { Misuse } from "../misuse.ts";
import { type FilterFlags, filterOf, filterOptions, hookIdsOf } from "./filter.ts";

const POLL_MS = 250;

export function addReplay(program: Command): void {
  const command = hubCommand(
    program,
    "replay [HOOK...]",
    "sends ended deliveries again, of some hooks or all: says how many match, then does it; needs --since or --delivery",
  ).option("--delivery <ID...>", "only these, at most 1,000, also those that wait");
  filterOptions(command).option("--dry-run", "only say how many match").action(onHub(replay));
}

type Options = HubFlags & FilterFlags & { delivery?: string[]; dryRun?: boolean };

export type Replay = { id: string; status: string; matched: number; created: number };
type Payload = {
  payload: { matched: number; replay: Replay | null; userErrors: UserErrorDetail[] };
};

async function replay(
  hub: HubPlace,
  hooks: string[],
  { delivery: deliveryIds, dryRun, ...options }: Options,
): Promise<void> {
  if (options.since === undefined && deliveryIds === undefined)
    throw new Misuse("replay needs --since TIME, or deliveries: --delivery ID");
  const hookIds = await hookIdsOf(hub, hooks);
  const input = JSON.parse(JSON.stringify({ deliveryIds, hookIds, ...filterOf(options) }));
  const ask = async (isDryRun: boolean) =>
    checked(
      (await callHub<Payload>(hub, start, { input: { ...input, dryRun: isDryRun } })).payload,
    );
  const { matched } = await ask(true);
  if (dryRun) return printObject(options, { matched });
  note(`${matched} ${matched === 1 ? "delivery matches" : "deliveries match"}.`);
  if (matched === 0) return printObject(options, { matched });
  await showReplay(hub, (await ask(false)).replay, options);
}

/** Shows a replay until its end, and then what came of it. */
export async function showReplay(
  hub: HubPlace,
  replay: Replay | null,
  options: HubFlags,
): Promise<void> {
  if (!replay) throw new HubError("the hub started no replay");
  const { createdAt, ...ended } = await follow(hub, replay);
  await printObject(options, ended);
  if (ended.status === "CANCELLED") process.exitCode = 1;
}

/** Waits for the replay's end. When this process ends before, the hub goes on with it. */
async function follow(hub: HubPlace, { id }: Replay): Promise<Replay & { createdAt: string }> {
  using progress = createProgress();
  for (;;) {
    const { replay } = await pollHub<{ replay: Replay & { createdAt: string } }>(hub, state, {
      id,
    });
    progress.show(replay.created, replay.matched);
    if (replay.status !== "RUNNING") return replay;
    await delay(POLL_MS);
  }
}

const start = `mutation ($input: ReplayInput!) {
  payload: replayDeliveries(input: $input) {
    matched replay { id status matched created } userErrors { code message path }
  }
}`;
const state =
  "query ($id: ID!) { replay(id: $id) { id status matched created createdAt finishedAt } }";
