import { note, printJson, printLine } from "../hub/print.ts";

type Emitted = { id: string; status: string; isDuplicate: boolean };

/**
 * Prints an event's id alone, on a terminal and elsewhere: a script takes it as it is. With `wait` the exit code tells
 * how the event ended.
 */
export async function printEmitted(
  { id, status, isDuplicate }: Emitted,
  { json, wait }: { json?: boolean; wait?: boolean },
): Promise<void> {
  if (json) await printJson({ id, status, isDuplicate });
  else await printLine(id);
  if (!wait || status === "PROCESSED") return;
  note(
    status === "FAILED"
      ? "The event FAILED: a delivery used up its tries (deliveries --event ID)."
      : `The event is still ${status}: its deliveries have not ended (deliveries --event ID).`,
  );
  process.exitCode = 1;
}
