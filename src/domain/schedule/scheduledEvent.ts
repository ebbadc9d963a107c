import type { Pool } from "../../db/connection/client.ts";
import {
  jsonEntries,
  jsonItems,
  jsonList,
  jsonObject,
  jsonText,
} from "../../util/json/exactJson.ts";
import { parseJson } from "../../util/json/parseJson.ts";
import { UserError, type UserErrorDetail } from "../../util/userError.ts";
import { checkActionTargets, checkInputs, prepareCall } from "../emit/emitPrepare.ts";
import type { EventInput } from "../event/eventInput.ts";
import type { CheckTarget } from "../hook/target.ts";
import type { TenantPrograms } from "../program/tenantPrograms.ts";
import type { ProjectConfigs } from "../project/projectConfig.ts";

/** What checking a schedule's event needs. */
export type EventChecks = {
  sql: Pool;
  configs: ProjectConfigs;
  programs: TenantPrograms;
  checkTarget: CheckTarget;
};

/** The event of a schedule as it is given: an event to emit, of which each run makes a new one. */
export type ScheduledEventInput = EventInput & { waitMs?: number | null | undefined };

/** Fields of an event that a schedule has no use for, and why. */
const refused: [field: keyof ScheduledEventInput, reason: string][] = [
  ["idempotencyKey", "each run has its own idempotency key"],
  ["uid", "each run emits another event, and a uid is one event's"],
  ["timestamp", "the cron says when"],
  ["delay", "the cron says when"],
  ["occurredAt", "it happens when the schedule runs"],
  ["waitMs", "nobody waits for a run"],
];

/** Error paths lead to the field `event`. */
export const underEvent = ({ path, ...entry }: UserErrorDetail): UserErrorDetail => ({
  ...entry,
  path: ["event", ...path],
});

/** Checks an event as emitting it now would. Throws the same UserError, with paths under `event`. */
export async function checkScheduledEvent(
  { configs, programs, checkTarget }: EventChecks,
  projectId: string,
  event: ScheduledEventInput,
): Promise<void> {
  const entries = refused
    .filter(([field]) => event[field] != null)
    .map(([field, reason]): UserErrorDetail => {
      const message = `field '${field}' is not for the event of a schedule: ${reason}`;
      return { code: "INVALID", message, path: ["event", field] };
    });
  if (entries.length > 0) throw new UserError(entries);
  try {
    const checked = await checkInputs([event]);
    const targets = await checkActionTargets(checked, (url) => checkTarget(url, projectId));
    const config = (await configs.current([projectId])).get(projectId);
    if (!config) throw new Error(`no project ${projectId}`);
    await prepareCall(config, programs.schemas, checked, targets, null);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(
      error.entries.map((entry) => underEvent({ ...entry, path: entry.path.slice(1) })),
    );
  }
}

const given = (fields: object): Record<string, unknown> =>
  jsonObject(Object.entries(fields).filter(([, value]) => value != null));

/** The event as JSON text, with `data`, `content` and the `meta` of actions as they were sent. */
export function eventText({ actions, ...event }: EventInput): string {
  return jsonText(
    given({ ...event, ...(actions?.length && { actions: jsonList(actions.map(given)) }) }),
  );
}

const fieldsOf = (value: unknown): object => Object.fromEntries(jsonEntries(value as object));

/** The event whose JSON text this is. */
export function eventFrom(text: string): EventInput {
  const event = fieldsOf(parseJson(text)) as EventInput;
  if (!event.actions) return event;
  return { ...event, actions: jsonItems(event.actions).map(fieldsOf) as typeof event.actions };
}
