import type { Command } from "commander";
import { callHub, checked, type HubPlace, type UserErrorDetail } from "../hub/callHub.ts";
import { type HubFlags, hubCommand, onHub } from "../hub/onHub.ts";
import { printRows } from "../hub/print.ts";
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
    const changed: Hook[] = [];
    try {
      for (const { id } of hooks) {
        const { payload } = await callHub<{
          payload: { hook: Hook; userErrors: UserErrorDetail[] };
        }>(
          hub,
          `mutation ($id: ID!) { payload: ${mutation}(id: $id) {
            hook { ${hookFields} } userErrors { code message path } } }`,
          { id },
        );
        changed.push(checked(payload).hook);
      }
    } finally {
      // Also those before one that was refused.
      if (changed.length > 0)
        await printRows(options, changed, [
          ["ID", ({ id }) => id],
          ["NAME", ({ name }) => name],
          ["STATUS", ({ status }) => status],
        ]);
    }
  };
