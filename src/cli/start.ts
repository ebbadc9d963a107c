import { type Command, InvalidArgumentError } from "commander";

const MAX_SECONDS = 86_400;

function readSeconds(text: string): number {
  const seconds = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (seconds <= MAX_SECONDS) return seconds;
  throw new InvalidArgumentError(`It must be a whole number of seconds from 0 to ${MAX_SECONDS}.`);
}

export function addStart(program: Command): void {
  program
    .command("start")
    .description("runs the hub, until SIGTERM or SIGINT")
    .option(
      "--wait-for-database <SECONDS>",
      "how long to wait for the server of DATABASE_URL",
      readSeconds,
      60,
    )
    .action(async ({ waitForDatabase }: { waitForDatabase: number }) => {
      // All other commands do without the hub.
      const { start } = await import("../start.ts");
      await start({ waitForDatabaseMs: waitForDatabase * 1_000 });
    });
}
