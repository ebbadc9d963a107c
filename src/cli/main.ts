import { CommanderError } from "commander";
import { ConfigError } from "../config/config.ts";
import { isOutage } from "../db/connection/outage.ts";
import { DatabaseRefusal } from "../db/connection/refusal.ts";
import { WrongSecretKey } from "../domain/project/keyCheckValue.ts";
import { UserError } from "../util/userError.ts";
import { Failure } from "./failure.ts";
import { HubError } from "./hub/hubError.ts";
import { Misuse } from "./misuse.ts";
import { printable } from "./printable.ts";
import { createProgram } from "./program.ts";

/** Exit codes: 1 when the command failed or found differences, 2 when it was misused. */
const FAILED = 1;
const MISUSED = 2;

/** An error that the operator can fix is printed as a sentence; any other error is a bug and printed with its stack. */
function explain(error: unknown): string {
  const isForTheOperator =
    error instanceof UserError ||
    error instanceof Misuse ||
    error instanceof HubError ||
    error instanceof Failure ||
    error instanceof ConfigError ||
    error instanceof WrongSecretKey ||
    error instanceof DatabaseRefusal;
  if (isForTheOperator) return error.message;
  if (isOutage(error)) return `The connection to the database was lost: ${error.message}.`;
  return (error instanceof Error && error.stack) || String(error);
}

// A reader such as `head` that has had enough is no failure.
for (const stream of [process.stdout, process.stderr])
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(0);
  });

createProgram()
  .parseAsync()
  .catch((error: unknown) => {
    if (error instanceof CommanderError) {
      // Commander has printed it already; exit code 0 means the help page.
      process.exitCode = error.exitCode === 0 ? 0 : MISUSED;
      return;
    }
    const lines = explain(error).split("\n").map(printable);
    process.stderr.write(`${lines.join("\n")}\n`);
    process.exitCode = error instanceof Misuse ? MISUSED : FAILED;
  });
