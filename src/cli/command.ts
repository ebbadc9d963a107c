import { parseArgs } from "node:util";
import type { Pool } from "../db/client.ts";

/** What a command says: to people, and with --json to programs. */
export type Answer = { text: string; json?: object };

export type Command = {
  /** The words that call it, and in capitals what it takes, in the order in which `run` is given it. */
  usage: string;
  does: string;
  run(sql: Pool, ...given: string[]): Promise<Answer>;
};

/** A call that no command understands; the message is for the terminal. */
export class UsageError extends Error {
  override name = "UsageError" as const;
}

export type Call = { command: Command; given: string[]; json: boolean };

const isTaken = (word: string) => word === word.toUpperCase();
const wordsOf = (command: Command) => command.usage.replace(/ \[.*/, "").split(" ");

/** Reads a command line; "help" when that is asked for. Throws UsageError. */
export function readCall(commands: readonly Command[], args: string[]): Call | "help" {
  const { values, positionals } = parse(args);
  if (values.help) return "help";
  const named = commands.find((command) =>
    wordsOf(command).every((word, place) => isTaken(word) || word === positionals[place]),
  );
  if (!named) {
    const said = positionals.join(" ");
    throw new UsageError(said === "" ? "Say what to do." : `There is no command "${said}".`);
  }
  const words = wordsOf(named);
  if (words.length !== positionals.length) {
    throw new UsageError(`The command is: ${named.usage} (a name of several words in quotes).`);
  }
  if (values.json && !named.usage.includes("[--json]")) {
    throw new UsageError(`--json is not for this command: ${named.usage}`);
  }
  const given = positionals.filter((_word, place) => isTaken(words[place] ?? ""));
  return { command: named, given, json: values.json };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        json: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
  } catch (error) {
    // Such as an unknown option; Node's message says which.
    throw new UsageError((error as Error).message);
  }
}

/** The page that explains every command. */
export function help(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ usage }) => usage.length));
  return [
    "Usage: npm run cli -- COMMAND",
    "",
    ...commands.map(({ usage, does }) => `  ${usage.padEnd(width)}  ${does}`),
    "",
    "PROJECT is a project's id or slug; ROLE is EMITTER, VIEWER, OPERATOR or ADMIN. --json prints one JSON",
    "object on one line (npm run --silent cli -- …, so that npm itself says nothing). Of the settings only",
    "DATABASE_URL, SIGNALBOX_DATA and LOG_LEVEL are read; the embedded database need not be running.",
  ].join("\n");
}
