import { parseArgs } from "node:util";
import type { Pool } from "../db/connection/client.ts";

/** What a command says: to people, and with --json to programs. `failed` makes the exit code 1. */
type Answer = { text: string; json?: object; failed?: boolean };

type Options = { since?: string; until?: string };

/** What commands work with: the database, its address, and the options of the call. */
type Tools = { sql: Pool; url: string; options: Options };

export type Command = {
  /**
   * The words that call it, and in capitals what it takes, in the order in which `run` is given it; in brackets what
   * may be left out.
   */
  usage: string;
  does: string;
  run(tools: Tools, ...given: string[]): Promise<Answer>;
};

/** A call that no command understands; the message is for the terminal. */
export class UsageError extends Error {
  override name = "UsageError" as const;
}

type Call = { command: Command; given: string[]; json: boolean; options: Options };

const isTaken = (word: string) => word === word.toUpperCase();
/** How many words a command takes that may be left out: `[PROJECT]`. */
const spareWords = (command: Command) => [...command.usage.matchAll(/\[[A-Z]+\]/g)].length;
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
  const spare = positionals.length - words.length;
  if (spare < 0 || spare > spareWords(named)) {
    throw new UsageError(`The command is: ${named.usage} (a name of several words in quotes).`);
  }
  for (const option of ["json", "since", "until"] as const) {
    if (values[option] !== undefined && !named.usage.includes(`[--${option}`)) {
      throw new UsageError(`--${option} is not for this command: ${named.usage}`);
    }
  }
  const given = positionals.filter((_word, place) => isTaken(words[place] ?? ""));
  const { json = false, since, until } = values;
  const options = { ...(since !== undefined && { since }), ...(until !== undefined && { until }) };
  return { command: named, given, json, options };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        json: { type: "boolean" },
        since: { type: "string" },
        until: { type: "string" },
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
    "PROJECT is a project's id or slug; ROLE is EMITTER, VIEWER, OPERATOR or ADMIN; TIME is like",
    "2026-01-01T00:00:00Z. --json prints one JSON object on one line (npm run --silent cli -- …, so that npm",
    "itself says nothing). Of the settings only DATABASE_URL, SIGNALBOX_DIRECT_URL, SIGNALBOX_DATA and LOG_LEVEL are",
    "read, and SIGNALBOX_SECRET_KEY by rewrap; the embedded database need not be running.",
  ].join("\n");
}
