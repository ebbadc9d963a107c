import { setTimeout as delay } from "node:timers/promises";
import type { Command } from "commander";
import { findHook } from "../hook/findHook.ts";
import { callHub, checked, type HubPlace, pollHub, type UserErrorDetail } from "../hub/callHub.ts";
import { HubError } from "../hub/hubError.ts";
import { type HubFlags, hubCommand, onHub } from "../hub/onHub.ts";
import { note, printObject } from "../hub/print.ts";
import { createProgress } from "../hub/progress.ts";
import { Misuse } from "../misuse.ts";
import { timeOption } from "../readTime.ts";

const POLL_MS = 250;

export function addReplay(program: Command): void {
  hubCommand(
    program,
    "replay [HOOK]",
    "sends ended deliveries again, of one hook or all: says how many match, then does it",
  )
    .option(
      "--since <TIME>",
      "only what was made then or later; required without --delivery",
      timeOption("since"),
    )
    .option("--until <TIME>", "only what was made before", timeOption("until"))
    .option("--delivery <ID...>", "only these deliveries, at most 1,000; those that wait, too")
    .option(
      "--status <STATUS...>",
      "only what ended so, such as FAILED; default all, also what succeeded",
    )
    .option("--type <TYPE>", "only events of this type, or prefix such as order.*")
    .option("--dry-run", "only say how many match")
    .action(onHub(replay));
}

type Options = HubFlags & {
  since?: string;
  delivery?: string[];
  until?: string;
  status?: string[];
  type?: string;
  dryRun?: boolean;
};

export type Replay = { id: string; status: string; matched: number; created: number };
type Payload = {
  payload: { matched: number; replay: Replay | null; userErrors: UserErrorDetail[] };
};

async function replay(
  hub: HubPlace,
  given: string | undefined,
  { since, delivery: deliveryIds, until, status, type, dryRun, ...options }: Options,
): Promise<void> {
  if (since === undefined && deliveryIds === undefined)
    throw new Misuse("replay needs --since TIME, or the deliveries: --delivery ID");
  const hookId = given === undefined ? undefined : (await findHook(hub, given)).id;
  const input = JSON.parse(JSON.stringify({ deliveryIds, hookId, since, until, status, type }));
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
