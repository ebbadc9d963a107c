import { Argument, type Command } from "commander";
import { bashScript } from "./bash.ts";
import { fishScript } from "./fish.ts";
import { treeOf } from "./tree.ts";
import { zshScript } from "./zsh.ts";

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript };

export function addCompletion(program: Command): void {
  program
    .command("completion")
    .description('prints the script that completes commands: eval "$(signalbox completion bash)"')
    .addArgument(new Argument("<SHELL>", "your shell").choices(Object.keys(scripts)))
    .action((shell: keyof typeof scripts) => {
      process.stdout.write(scripts[shell](treeOf(program)));
    });
}
