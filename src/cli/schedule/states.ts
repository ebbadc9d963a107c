import type { Command } from "commander";
import type { HubPlace } from "../hub/callHub.ts";
import { changeEach } from "../hub/changeEach.ts";
import { type HubFlags, hubCommand, onHub } from "../hub/onHub.ts";
import { findSchedules, scheduleFields } from "./findSchedule.ts";

const changes = [
  ["pause", "pauseEventSchedule", "pauses schedules: they do not run by themselves"],
  ["resume", "resumeEventSchedule", "resumes schedules from their next time after now"],
  ["run", "runEventSchedule", "emits their events once, now, also while they are paused"],
  ["delete", "deleteEventSchedule", "deletes schedules; the events that they emitted stay"],
] as const;

/** The commands that change or run schedules. */
export function addStates(schedule: Command): void {
  for (const [name, mutation, description] of changes)
    hubCommand(schedule, `${name} <SCHEDULE...>`, description).action(onHub(change(mutation)));
}

const change =
  (mutation: (typeof changes)[number][1]) =>
  async (hub: HubPlace, given: string[], options: HubFlags): Promise<void> => {
    // Looked up first, so that a wrong name changes none of them.
    const ids = (await findSchedules(hub, given)).map(({ id }) => id);
    const document = `mutation ($id: ID!) { payload: ${mutation}(id: $id) {
      object: eventSchedule { ${scheduleFields} } userErrors { code message path } } }`;
    await changeEach(hub, document, ids, options, [
      ["ID", ({ id }) => id],
      ["NAME", ({ name }) => name],
      ["STATUS", ({ status }) => status],
      ["LAST EVENT", ({ lastEvent }) => (lastEvent as { id: string } | null)?.id],
    ]);
  };
