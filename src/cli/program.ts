import { Command } from "commander";
import { addKey } from "./apiKey.ts";
import { addDistribute } from "./distribute.ts";
import { addProject } from "./project.ts";
import { addRewrap } from "./rewrap.ts";
import { addStart } from "./start.ts";
import { addVerify } from "./verify.ts";

/** Every command, in the order of the help page. */
const additions = [addStart, addProject, addKey, addVerify, addRewrap, addDistribute];

/** The command line. A mistake in a call is printed, then thrown as a CommanderError. */
export function createProgram(): Command {
  const program = new Command("npx signalbox")
    .configureHelp({
      commandUsage: (command) =>
        `npx signalbox ${command.commands.length > 0 ? "COMMAND" : usageOf(command)}`,
      visibleCommands: commandsOf,
      subcommandTerm: usageOf,
    })
    .showHelpAfterError()
    .addHelpText(
      "afterAll",
      `
PROJECT is a project's id or slug; ROLE is EMITTER, VIEWER, OPERATOR or ADMIN; TIME is like
2026-01-01T00:00:00Z. Of the settings start reads all, the others only DATABASE_URL,
SIGNALBOX_DIRECT_URL, SIGNALBOX_DATA and LOG_LEVEL, and rewrap SIGNALBOX_SECRET_KEY; the embedded
database need not be running.`,
    )
    .exitOverride();
  for (const add of additions) add(program);
  return program;
}

/** The commands that can be run, those of groups included. */
export const commandsOf = (command: Command): Command[] =>
  command.commands.flatMap((each) => (each.commands.length > 0 ? commandsOf(each) : each));

/** How a command is called, such as `verify [PROJECT] [--since TIME] [--json]`. */
export function usageOf(command: Command): string {
  const names = command.parent?.parent ? [command.parent.name(), command.name()] : [command.name()];
  const taken = command.registeredArguments.map((argument) =>
    argument.required ? argument.name() : `[${argument.name()}]`,
  );
  const options = command.options.map(({ flags }) => `[${flags.replace(/[<>]/g, "")}]`);
  return [...names, ...taken, ...options].join(" ");
}
