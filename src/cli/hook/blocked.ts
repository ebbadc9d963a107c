import type { Command } from "commander";
import { callHub, checked, type HubPlace, type UserErrorDetail } from "../hub/callHub.ts";
import { listAll, pageInfo } from "../hub/listAll.ts";
import { type HubFlags, hubCommand, onHub } from "../hub/onHub.ts";
import { printRows } from "../hub/print.ts";
import { findHook, type Hook } from "./findHook.ts";

/** The commands for keys of a hook whose deliveries wait for a person. */
export function addBlocked(hook: Command): void {
  hubCommand(hook, "blocked <HOOK>", "the keys whose deliveries wait for a person").action(
    onHub(blocked),
  );
  hubCommand(hook, "release <HOOK> <KEY>", "tries a blocked key's lost delivery again")
    .option("--skip", "leave it out instead: the next one is due")
    .action(onHub(release));
}

type BlockedKey = {
  key: string;
  waiting: number;
  since: string;
  delivery: { id: string; status: string; lastError: string | null };
};

async function blocked(hub: HubPlace, given: string, options: HubFlags): Promise<void> {
  const { id } = await findHook(hub, given);
  const keys = await listAll<BlockedKey>(hub, list, { id }, { parent: "hook" });
  await printRows(options, keys, [
    ["KEY", ({ key }) => key],
    ["WAITING", ({ waiting }) => waiting],
    ["SINCE", ({ since }) => since],
    ["DELIVERY", ({ delivery }) => delivery.id],
    ["ERROR", ({ delivery }) => delivery.lastError],
  ]);
}

const list = `query ($id: ID!, $first: Int, $after: String) {
  hook(id: $id) { page: blockedKeys(first: $first, after: $after) {
    nodes { key waiting since delivery { id status lastError } } ${pageInfo} } }
}`;

async function release(
  hub: HubPlace,
  given: string,
  key: string,
  options: HubFlags & { skip?: boolean },
): Promise<void> {
  const { id } = await findHook(hub, given);
  const { releaseBlockedKey } = await callHub<{
    releaseBlockedKey: { hook: Hook; userErrors: UserErrorDetail[] };
  }>(
    hub,
    `mutation ($id: ID!, $key: String!, $skip: Boolean) {
      releaseBlockedKey(hookId: $id, key: $key, skip: $skip) {
        hook { id name status } userErrors { code message path } } }`,
    { id, key, skip: options.skip ?? false },
  );
  await printRows(
    options,
    [checked(releaseBlockedKey).hook],
    [
      ["ID", (hook) => hook.id],
      ["NAME", ({ name }) => name],
      ["RELEASED", () => key],
    ],
  );
}
