import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cli } from "../fixtures/cli.ts";
import { testWith } from "../fixtures/machine.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "signalbox-completion-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** What a shell offers after each of these, given its script and a line that asks for it. */
async function offered(shell: string, ask: (words: string[]) => string, asked: string[][]) {
  const { code, stdout, stderr } = await cli({}, "completion", shell);
  expect([code, stderr]).toEqual([0, ""]);
  const file = join(folder, shell);
  await writeFile(file, stdout);
  return asked.map((words) => {
    const ran = spawnSync(shell, ["-c", `source ${file}\n${ask(words)}`], { encoding: "utf8" });
    expect(ran.stderr).toBe("");
    return ran.stdout.split(/\s*\n/).filter((line) => line !== "");
  });
}

const asked = [
  ["ho"],
  ["hook", ""],
  ["hook", "list", "--s"],
  ["hook", "create", "--verification", ""],
  ["listen", "--key", "x", "--fi"],
];
const hookCommands = [
  "list",
  "get",
  "create",
  "update",
  "pause",
  "resume",
  "enable",
  "delete",
  "test",
  "backfill",
  "blocked",
  "release",
  "rotate-secret",
];
const quoted = (words: string[]) => words.map((word) => `'${word}'`).join(" ");

test("bash completes commands, options and their values", async () => {
  const ask = (words: string[]) =>
    `COMP_WORDS=(signalbox ${quoted(words)}); COMP_CWORD=${words.length}; _signalbox; printf '%s\\n' "\${COMPREPLY[@]}"`;
  expect(await offered("bash", ask, asked)).toEqual([
    ["hook"],
    [...hookCommands, "--help"],
    ["--status", "--search"],
    ["NONE", "HOOK_SECRET", "CLOUD_EVENTS"],
    ["--filter"],
  ]);
});

testWith("fish")("fish completes them, with descriptions", async () => {
  const ask = (words: string[]) => `complete -C 'signalbox ${words.join(" ")}'`;
  const [top, hook, options, values, filter] = await offered("fish", ask, asked);
  expect(top).toEqual(["hook\thooks"]);
  expect(hook?.map((line) => line.split("\t")[0]).sort()).toEqual([...hookCommands].sort());
  expect(options?.map((line) => line.split("\t")[0])).toEqual(["--search", "--status"]);
  expect(values?.map((line) => line.split("\t")[0])).toEqual([
    "CLOUD_EVENTS",
    "HOOK_SECRET",
    "NONE",
  ]);
  expect(filter).toEqual(["--filter\tonly events that match, such as event.data.amount > 10"]);
});

testWith("zsh")("zsh is given the same words, with descriptions", async () => {
  // zsh's own functions, which there are at a prompt alone, show what they are handed.
  const ask = (words: string[]) =>
    `words=(signalbox ${quoted(words)}); CURRENT=${words.length + 1}
     _describe() { print -l -- $found }; _signalbox`;
  const { stdout } = await cli({}, "completion", "zsh");
  expect(stdout).toMatch(/^#compdef signalbox\n/);
  const file = join(folder, "zsh");
  await writeFile(file, stdout);
  const ran = (words: string[]) =>
    spawnSync("zsh", ["-c", `compdef() { }\nsource ${file}\n${ask(words)}`], { encoding: "utf8" });
  const words = (given: string[]) => {
    const { stdout, stderr } = ran(given);
    expect(stderr).toBe("");
    return stdout
      .split("\n")
      .slice(0, -1)
      .map((line) => line.split(":")[0]);
  };
  expect(words(["hook", ""])).toEqual([...hookCommands, "--help"]);
  expect(words(["hook", "create", "--verification", ""])).toEqual([
    "NONE",
    "HOOK_SECRET",
    "CLOUD_EVENTS",
  ]);
  expect(ran([""]).stdout).toContain("emit:emits an event and prints its id");
});

test("a shell that it has no script for is told, with exit code 2", async () => {
  const { code, stderr } = await cli({}, "completion", "tcsh");
  expect(code).toBe(2);
  expect(stderr).toContain("Allowed choices are bash, zsh, fish");
});
