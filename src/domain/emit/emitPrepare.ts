import { Overloaded } from "../../util/overloaded.ts";
import { createTimeSlice } from "../../util/timeSlice.ts";
import { UserError, type UserErrorDetail } from "../../util/userError.ts";
import { type JudgeTarget, refusedTargets } from "../action/actionInput.ts";
import { type PreparedEvent, prepareEvent } from "../event/event.ts";
import { type CheckedEvent, checkEventInput, type EventInput } from "../event/eventInput.ts";
import { scheduleOf } from "../event/schedule.ts";
import type { SchemaChecks } from "../eventType/schemaChecks.ts";
import { checkType } from "../eventType/typeCheck.ts";
import type { ProjectConfig } from "../project/projectConfig.ts";
import { entriesAt } from "./idempotency.ts";

/** One event of a call, checked by itself; a `UserError` is what is wrong with it. */
type CheckedInput = { input: EventInput; checked: CheckedEvent | UserError };

function checkInput(input: EventInput): CheckedEvent | UserError {
  try {
    const checked = checkEventInput(input);
    // What is wrong with its schedule shows by any clock; when it is due, by the database's alone.
    scheduleOf(input, new Date());
    return checked;
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
}

/** Checks what no configuration has a say in, once for each event of a call, letting the event loop turn. */
export async function checkInputs(inputs: readonly EventInput[]): Promise<CheckedInput[]> {
  const nextSlice = createTimeSlice();
  const checked: CheckedInput[] = [];
  for (const input of inputs) {
    checked.push({ input, checked: checkInput(input) });
    await nextSlice();
  }
  return checked;
}

/** What of a call's actions may not be called, by the index of the event; each target is judged once. */
export async function judgeTargets(
  inputs: readonly CheckedInput[],
  checkTarget: JudgeTarget,
): Promise<Map<number, UserErrorDetail[]>> {
  const refused = new Map<number, UserErrorDetail[]>();
  const verdicts = new Map<string, Promise<string>>();
  const judge = (url: string) => {
    const verdict = verdicts.get(url) ?? checkTarget(url);
    verdicts.set(url, verdict);
    return verdict;
  };
  const check = async ({ checked }: CheckedInput, index: number) => {
    if (checked instanceof UserError || checked.actions.length === 0) return;
    const entries = await refusedTargets(checked.actions, judge);
    if (entries.length > 0) refused.set(index, entries);
  };
  await Promise.all(inputs.map(check));
  return refused;
}

/** Checks one event against its type; `targets`: what of its actions may not be called. Throws UserError. */
async function prepareInput(
  config: ProjectConfig,
  schemas: SchemaChecks,
  { input, checked }: CheckedInput,
  targets: UserErrorDetail[] = [],
): Promise<PreparedEvent> {
  if (checked instanceof UserError) throw checked;
  const verdict = await checkType(config, schemas, checked.type, input.data ?? null);
  if (targets.length === 0) return prepareEvent(input, checked, verdict);
  const entries = [...(verdict.refusal?.entries ?? []), ...targets];
  return prepareEvent(input, checked, { ...verdict, refusal: new UserError(entries) });
}

/** Nothing is written for a caller who has been told that the operation took too long. */
const LONGEST_MS = 10_000;

const tooSlow = () =>
  new Overloaded(
    "the schemas of these events took longer than 10 s to check with the project's share of processor time: " +
      "nothing was stored; send fewer of them at once",
    5,
  );

/**
 * Checks the events of one call against their types before they wait for their batch, letting the event loop turn.
 * Throws UserError with all that is wrong, unless known idempotency keys may excuse it; its paths begin with the event's
 * index. Throws Overloaded when it takes longer than 10 s.
 */
export async function prepareCall(
  config: ProjectConfig,
  schemas: SchemaChecks,
  inputs: readonly CheckedInput[],
  targets: Map<number, UserErrorDetail[]>,
): Promise<PreparedEvent[]> {
  const nextSlice = createTimeSlice();
  const endsAt = performance.now() + LONGEST_MS;
  const entries: UserErrorDetail[] = [];
  const prepared: PreparedEvent[] = [];
  let isRefused = false;
  for (const [index, input] of inputs.entries()) {
    try {
      const event = await prepareInput(config, schemas, input, targets.get(index));
      prepared.push(event);
      if (event.refusal) entries.push(...entriesAt(index, event.refusal));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      isRefused = true;
      entries.push(...entriesAt(index, error));
    }
    if (performance.now() > endsAt) throw tooSlow();
    await nextSlice();
  }
  if (isRefused) throw new UserError(entries);
  return prepared;
}
