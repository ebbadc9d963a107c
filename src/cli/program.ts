import { Command } from "commander";
import { version } from "../version.ts";
import { addKey } from "./apiKey.ts";
import { addAudit } from "./audit/audit.ts";
import { addCompletion } from "./completion/completion.ts";
import { addDeliveries } from "./delivery/deliveries.ts";
import { addReplay } from "./delivery/replay.ts";
import { addDistribute } from "./distribute.ts";
import { addEmit } from "./event/emit.ts";
import { addTail } from "./event/tail.ts";
import { addHook } from "./hook/hook.ts";
import { addTrigger } from "./hook/trigger.ts";
import { hubFlags } from "./hub/onHub.ts";
import { addImport } from "./import/import.ts";
import { addListen } from "./listen/listen.ts";
import { addProject } from "./project.ts";
import { addRewrap } from "./rewrap.ts";
import { addSchedule } from "./schedule/schedule.ts";
import { addStart } from "./start.ts";
import { addTypes } from "./types/types.ts";
import { addVerify } from "./verify.ts";

/** Every command, in the order of the help page. */
const additions = [
  addStart,
  addEmit,
  addTail,
  addListen,
  addTrigger,
  addHook,
  addDeliveries,
  addReplay,
  addSchedule,
  addAudit,
  addTypes,
  addImport,
  addProject,
  addKey,
  addVerify,
  addRewrap,
  addDistribute,
  addCompletion,
];

/** The command line. A mistake in a call is printed, then thrown as a CommanderError. */
export function createProgram(): Command {
  const program = new Command("npx signalbox")
    .configureHelp({
      commandUsage: (command) =>
        `npx signalbox ${command.commands.length > 0 ? "COMMAND" : usageOf(command)}`,
      visibleCommands: commandsOf,
      subcommandTerm: callOf,
    })
    .version(version, "--version")
    .showHelpAfterError()
    .addHelpText(
      "afterAll",
      `
HOOK is a hook's id or name, SCHEDULE a schedule's, PROJECT a project's id or slug; ROLE is EMITTER, VIEWER, OPERATOR or
ADMIN; TIME is like 2026-01-01T00:00:00Z. start reads all settings. project, key, verify, rewrap and
distribute open the database (DATABASE_URL, SIGNALBOX_DIRECT_URL, SIGNALBOX_DATA, LOG_LEVEL; rewrap
SIGNALBOX_SECRET_KEY), and the embedded one need not be running. All others call a hub: --url or
SIGNALBOX_URL, --key or SIGNALBOX_KEY; they print JSON, one object a line, unless to a terminal
(--json there, too).`,
    )
    .exitOverride();
  for (const add of additions) add(program);
  return program;
}

/** The commands that can be run, those of groups included. */
export const commandsOf = (command: Command): Command[] =>
  command.commands.flatMap((each) => (each.commands.length > 0 ? commandsOf(each) : each));

/** A command with its arguments, such as `verify [PROJECT]`. */
function callOf(command: Command): string {
  const names = command.parent?.parent ? [command.parent.name(), command.name()] : [command.name()];
  const taken = command.registeredArguments.map((argument) => {
    const name = argument.variadic ? `${argument.name()}…` : argument.name();
    return argument.required ? name : `[${name}]`;
  });
  return [...names, ...taken].join(" ");
}

/** The same with its options, but for those of every call of a hub: `verify [PROJECT] [--since TIME] [--json]`. */
export function usageOf(command: Command): string {
  const callsHub = command.options.some(({ long }) => long === "--url");
  const options = command.options
    .filter(({ long }) => !callsHub || !hubFlags.includes(long ?? ""))
    .map(({ flags, mandatory }) => {
      const shown = flags.replace(/[<>]/g, "").replace("...", "…");
      return mandatory ? shown : `[${shown}]`;
    });
  return [callOf(command), ...options].join(" ");
}
