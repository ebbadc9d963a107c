import { CommanderError } from "commander";
import { ConfigError } from "../config.ts";
import { isOutage } from "../db/connection/outage.ts";
import { DatabaseRefusal } from "../db/connection/refusal.ts";
import { WrongSecretKey } from "../domain/project/keyCheckValue.ts";
import { UserError } from "../util/userError.ts";
import { createProgram } from "./program.ts";

/** Exit codes: 1 when the command failed or found differences, 2 when it was misused. */
const FAILED = 1;
const MISUSED = 2;

/** An error that the operator can fix is printed as a sentence; any other error is a bug and printed with its stack. */
function explain(error: unknown): string {
  const isForTheOperator =
    error instanceof UserError ||
    error instanceof ConfigError ||
    error instanceof WrongSecretKey ||
    error instanceof DatabaseRefusal;
  if (isForTheOperator) return error.message;
  if (isOutage(error)) return `The connection to the database was lost: ${error.message}.`;
  return (error instanceof Error && error.stack) || String(error);
}

createProgram()
  .parseAsync()
  .catch((error: unknown) => {
    if (error instanceof CommanderError) {
      // Commander has printed it already; exit code 0 means the help page.
      process.exitCode = error.exitCode === 0 ? 0 : MISUSED;
      return;
    }
    process.stderr.write(`${explain(error)}\n`);
    process.exitCode = FAILED;
  });
