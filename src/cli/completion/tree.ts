import type { Command } from "commander";

/** What can follow a command that is being typed. */
type Place = {
  /** The words so far, such as `hook list`; empty at the beginning. */
  path: string;
  words: { word: string; description: string }[];
};

/** The options that take a value, each with the values it can have; none for any. */
type ValueOption = { flag: string; choices: readonly string[] };

/** Every place of a program, and its options with values. */
export function treeOf(program: Command): { places: Place[]; valueOptions: ValueOption[] } {
  const places: Place[] = [];
  const choices = new Map<string, readonly string[]>();
  visit(program, "");
  return {
    places,
    valueOptions: [...choices].map(([flag, choices]) => ({ flag, choices })),
  };

  function visit(command: Command, path: string): void {
    const options = command.createHelp().visibleOptions(command);
    const words = [
      ...command.commands.map((one) => ({ word: one.name(), description: one.description() })),
      ...options.map(({ long, description }) => ({ word: long ?? "", description })),
    ];
    places.push({ path, words });
    for (const { long, required, argChoices = [] } of options)
      if (long && required) choices.set(long, argChoices);
    for (const one of command.commands)
      visit(one, path === "" ? one.name() : `${path} ${one.name()}`);
  }
}
