import type { Command } from "commander";
import type { HubPlace } from "../hub/callHub.ts";
import { changeEach } from "../hub/changeEach.ts";
import { type HubFlags, hubCommand, onHub } from "../hub/onHub.ts";
import { findHook, type Hook, hookFields } from "./findHook.ts";

const changes = [
  ["pause", "pauseHook", "pauses hooks: their deliveries are parked"],
  ["resume", "resumeHook", "resumes hooks: what was parked is due at once"],
  [
    "enable",
    "enableHook",
    "enables hooks that the hub has disabled: what was parked is due at once",
  ],
  ["delete", "deleteHook", "deletes hooks for good; what waits for them is cancelled"],
] as const;

/** The commands that change a hook's state alone. */
export function addStates(hook: Command): void {
  for (const [name, mutation, description] of changes)
    hubCommand(hook, `${name} <HOOK...>`, description).action(onHub(change(mutation)));
}

const change =
  (mutation: (typeof changes)[number][1]) =>
  async (hub: HubPlace, given: string[], options: HubFlags): Promise<void> => {
    // Looked up first, so that a wrong name changes none of them.
    const hooks: Hook[] = [];
    for (const one of given) hooks.push(await findHook(hub, one));
    const ids = hooks.map(({ id }) => id);
    const document = `mutation ($id: ID!) { payload: ${mutation}(id: $id) {
      object: hook { ${hookFields} } userErrors { code message path } } }`;
    await changeEach(hub, document, ids, options, [
      ["ID", ({ id }) => id],
      ["NAME", ({ name }) => name],
      ["STATUS", ({ status }) => status],
    ]);
  };
