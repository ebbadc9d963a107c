import { type Command, InvalidArgumentError } from "commander";
import { findHook } from "../hook/findHook.ts";
import { callHub, checked, exact, type HubPlace, type UserErrorDetail } from "../hub/callHub.ts";
import { type HubFlags, hubCommand, onHub } from "../hub/onHub.ts";
import { readData } from "../hub/readData.ts";
import { printEmitted } from "./printEmitted.ts";

/** The hub's longest wait. */
export const WAIT_MS = 15_000;

export function addEmit(program: Command): void {
  hubCommand(
    program,
    "emit <TYPE> [DATA]",
    "emits an event and prints its id; DATA is JSON, @file or - (standard input)",
  )
    .option("--user <ID>", "the user that the event belongs to")
    .option("--idempotency-key <KEY>", "the same key with the same event emits once")
    .option("--delay <SECONDS>", "when it is due, from now", seconds)
    .option("--broadcast", "for the hooks of all users")
    .option("--hook <HOOK>", "for this hook alone, if it matches")
    .option("--wait", "wait up to 15 s for its deliveries; exit code 1 unless all have succeeded")
    .action(onHub(emit));
}

function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= 0 && value < Infinity) return value;
  throw new InvalidArgumentError("It must be a number of seconds, 0 or more.");
}

type Options = HubFlags & {
  user?: string;
  idempotencyKey?: string;
  delay?: number;
  broadcast?: boolean;
  hook?: string;
  wait?: boolean;
};

async function emit(
  hub: HubPlace,
  type: string,
  given: string | undefined,
  options: Options,
): Promise<void> {
  const data = await readData(given);
  const { user, idempotencyKey, delay, broadcast, hook, wait } = options;
  const hookId = hook === undefined ? undefined : (await findHook(hub, hook)).id;
  const input = exact({
    type,
    ...(data !== undefined && { data }),
    ...(user !== undefined && { userId: user }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    ...(delay !== undefined && { delay }),
    ...(broadcast && { broadcast }),
    ...(hookId !== undefined && { hookId }),
    ...(wait && { waitMs: WAIT_MS }),
  });
  const { emitEvent } = await callHub<{
    emitEvent: {
      event: { id: string; status: string };
      isDuplicate: boolean;
      userErrors: UserErrorDetail[];
    };
  }>(hub, document, { input });
  const { event, isDuplicate } = checked(emitEvent);
  await printEmitted({ ...event, isDuplicate }, options);
}

const document = `mutation ($input: EmitEventInput!) {
  emitEvent(input: $input) { event { id status } isDuplicate userErrors { code message path } }
}`;
