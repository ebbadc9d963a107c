import { ConfigError, readDatabaseSettings } from "../config.ts";
import { isOutage } from "../db/connection/outage.ts";
import { DatabaseRefusal } from "../db/connection/refusal.ts";
import { WrongSecretKey } from "../domain/project/keyCheckValue.ts";
import { UserError } from "../util/userError.ts";
import { help, readCall, UsageError } from "./command.ts";
import { commands } from "./commands.ts";
import { withDatabase } from "./database.ts";

/** Exit codes: 1 when the command failed or found what is wrong, 2 when there is no such command. */
const FAILED = 1;
const MISUSED = 2;

const print = (text: string) => process.stdout.write(`${text}\n`);

async function main(): Promise<void> {
  const call = readCall(commands, process.argv.slice(2));
  if (call === "help") {
    print(help(commands));
    return;
  }
  const answer = await withDatabase(readDatabaseSettings(), ({ sql, url }) =>
    call.command.run({ sql, url, options: call.options }, ...call.given),
  );
  print(call.json ? JSON.stringify(answer.json) : answer.text);
  if (answer.failed) process.exitCode = FAILED;
}

/** What the operator can mend is told in a sentence; anything else is a bug, and told with its stack. */
function explain(error: unknown): string {
  if (error instanceof UsageError) {
    return `${error.message}\nnpm run cli -- --help explains every command.`;
  }
  const isForTheOperator =
    error instanceof UserError ||
    error instanceof ConfigError ||
    error instanceof WrongSecretKey ||
    error instanceof DatabaseRefusal;
  if (isForTheOperator) return error.message;
  if (isOutage(error)) return `The database was lost meanwhile: ${error.message}.`;
  return (error instanceof Error && error.stack) || String(error);
}

main().catch((error: unknown) => {
  process.stderr.write(`${explain(error)}\n`);
  process.exitCode = error instanceof UsageError ? MISUSED : FAILED;
});
