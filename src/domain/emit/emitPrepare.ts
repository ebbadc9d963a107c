import { Overloaded } from "../../util/overloaded.ts";
import { createTimeSlice } from "../../util/timeSlice.ts";
import { UserError, type UserErrorDetail } from "../../util/userError.ts";
import { actionTargetErrors, type CheckActionTarget } from "../action/actionInput.ts";
import { type PreparedEvent, prepareEvent } from "../event/event.ts";
import { checkEventInput, type EventInput } from "../event/eventInput.ts";
import { scheduleOf } from "../event/schedule.ts";
import type { SchemaChecks } from "../eventType/schemaChecks.ts";
import { checkType } from "../eventType/typeCheck.ts";
import type { ProjectConfig } from "../project/projectConfig.ts";
import { entriesAt } from "./idempotency.ts";

/** Errors of the targets of a call's actions, by the index of the event. Each target is checked once. */
export async function checkActionTargets(
  inputs: readonly EventInput[],
  checkTarget: CheckActionTarget,
): Promise<Map<number, UserErrorDetail[]>> {
  const errors = new Map<number, UserErrorDetail[]>();
  if (!inputs.some(({ actions }) => actions?.length)) return errors;
  const verdicts = new Map<string, Promise<string>>();
  const checkOnce = (url: string) => {
    const verdict = verdicts.get(url) ?? checkTarget(url);
    verdicts.set(url, verdict);
    return verdict;
  };
  const check = async ({ actions }: EventInput, index: number) => {
    const entries = await actionTargetErrors(actions ?? [], checkOnce);
    if (entries.length > 0) errors.set(index, entries);
  };
  await Promise.all(inputs.map(check));
  return errors;
}

/** Checks one event's fields and type; `targets`: errors of its actions' targets. Throws UserError. */
async function prepareInput(
  config: ProjectConfig,
  schemas: SchemaChecks,
  input: EventInput,
  targets: UserErrorDetail[] = [],
): Promise<PreparedEvent> {
  const checked = checkEventInput(input);
  // Any clock can tell whether the schedule is valid; only the database's clock decides when it is due.
  scheduleOf(input, new Date());
  const verdict = await checkType(config, schemas, checked.type, input.data ?? null);
  if (targets.length === 0) return prepareEvent(input, checked, verdict);
  const entries = [...(verdict.rejection?.entries ?? []), ...targets];
  return prepareEvent(input, checked, { ...verdict, rejection: new UserError(entries) });
}

/** Nothing may be written for a caller who was told that the operation timed out. */
const MAX_MS = 10_000;

const tooSlow = () =>
  new Overloaded(
    "the schemas of these events took longer than 10 s to check with the project's share of processor time: " +
      "nothing was stored; send fewer of them at once",
    5,
  );

/**
 * Checks the events of one call before they wait for their batch, yielding to the event loop. Throws UserError with all
 * errors, unless known idempotency keys may resolve the call to existing events; the paths begin with the event's
 * index. Throws Overloaded when it takes longer than 10 s.
 */
export async function prepareCall(
  config: ProjectConfig,
  schemas: SchemaChecks,
  inputs: readonly EventInput[],
  targets: Map<number, UserErrorDetail[]>,
): Promise<PreparedEvent[]> {
  const nextSlice = createTimeSlice();
  const endsAt = performance.now() + MAX_MS;
  const entries: UserErrorDetail[] = [];
  const prepared: PreparedEvent[] = [];
  let isInvalid = false;
  for (const [index, input] of inputs.entries()) {
    try {
      const event = await prepareInput(config, schemas, input, targets.get(index));
      prepared.push(event);
      if (event.rejection) entries.push(...entriesAt(index, event.rejection));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      isInvalid = true;
      entries.push(...entriesAt(index, error));
    }
    if (performance.now() > endsAt) throw tooSlow();
    await nextSlice();
  }
  if (isInvalid) throw new UserError(entries);
  return prepared;
}
