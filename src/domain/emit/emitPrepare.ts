import { Overloaded } from "../../util/overloaded.ts";
import { createTimeSlice } from "../../util/timeSlice.ts";
import { UserError, type UserErrorDetail } from "../../util/userError.ts";
import { actionTargetErrors, type CheckActionTarget } from "../action/actionInput.ts";
import { type PreparedEvent, prepareEvent } from "../event/event.ts";
import { type CheckedEvent, checkEventInput, type EventInput } from "../event/eventInput.ts";
import { scheduleOf } from "../event/schedule.ts";
import type { SchemaChecks } from "../eventType/schemaChecks.ts";
import { checkType, type TypeVerdict } from "../eventType/typeCheck.ts";
import type { ProjectConfig } from "../project/projectConfig.ts";
import { entriesAt } from "./idempotency.ts";

/** One event of a call, checked by itself; a `UserError` is what is wrong with it. */
type CheckedInput = { input: EventInput; checked: CheckedEvent | UserError };

function checkInput(input: EventInput): CheckedEvent | UserError {
  try {
    const checked = checkEventInput(input);
    // This clock is good enough to find errors of the schedule. The database's clock decides when the event is due.
    scheduleOf(input, new Date());
    return checked;
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
}

/** Checks each event of a call as far as no configuration is needed, in slices that let the event loop turn. */
export async function checkInputs(inputs: readonly EventInput[]): Promise<CheckedInput[]> {
  const nextSlice = createTimeSlice();
  const checked: CheckedInput[] = [];
  for (const input of inputs) {
    checked.push({ input, checked: checkInput(input) });
    await nextSlice();
  }
  return checked;
}

/** Errors of the targets of a call's actions, by the index of the event. Each target is checked once. */
export async function checkActionTargets(
  inputs: readonly CheckedInput[],
  checkTarget: CheckActionTarget,
): Promise<Map<number, UserErrorDetail[]>> {
  const errors = new Map<number, UserErrorDetail[]>();
  const verdicts = new Map<string, Promise<string>>();
  const checkOnce = (url: string) => {
    const verdict = verdicts.get(url) ?? checkTarget(url);
    verdicts.set(url, verdict);
    return verdict;
  };
  const withActions = inputs.flatMap(({ checked }, index) =>
    checked instanceof UserError || checked.actions.length === 0 ? [] : [{ checked, index }],
  );
  const check = async ({ checked, index }: { checked: CheckedEvent; index: number }) => {
    const entries = await actionTargetErrors(checked.actions, checkOnce);
    if (entries.length > 0) errors.set(index, entries);
  };
  await Promise.all(withActions.map(check));
  return errors;
}

/** That there is no such hook in the project, or none any more. */
export const unknownHook = (config: ProjectConfig, { hookId }: CheckedEvent): UserErrorDetail[] =>
  hookId == null || config.hook(hookId)
    ? []
    : [{ code: "NOT_FOUND", message: `no hook ${hookId}`, path: ["hookId"] }];

/** A verdict with more errors, if there are any. */
export const withErrors = (verdict: TypeVerdict, errors: UserErrorDetail[]): TypeVerdict =>
  errors.length === 0
    ? verdict
    : { ...verdict, rejection: new UserError([...(verdict.rejection?.entries ?? []), ...errors]) };

/** Checks one event's fields and type, and its hook; `targets`: errors of its actions' targets. Throws UserError. */
async function prepareInput(
  config: ProjectConfig,
  schemas: SchemaChecks,
  { input, checked }: CheckedInput,
  targets: UserErrorDetail[] | undefined,
  onlyHookId: string | null,
): Promise<PreparedEvent> {
  if (checked instanceof UserError) throw checked;
  const verdict = await checkType(config, schemas, checked.type, input.data ?? null);
  const errors = [...(targets ?? []), ...unknownHook(config, checked)];
  return prepareEvent(input, checked, withErrors(verdict, errors), onlyHookId);
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
  inputs: readonly CheckedInput[],
  targets: Map<number, UserErrorDetail[]>,
  onlyHookId: string | null,
): Promise<PreparedEvent[]> {
  const nextSlice = createTimeSlice();
  const endsAt = performance.now() + MAX_MS;
  const entries: UserErrorDetail[] = [];
  const prepared: PreparedEvent[] = [];
  let isInvalid = false;
  for (const [index, input] of inputs.entries()) {
    try {
      const event = await prepareInput(config, schemas, input, targets.get(index), onlyHookId);
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
