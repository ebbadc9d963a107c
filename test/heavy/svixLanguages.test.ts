import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { program } from "../fixtures/documents.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { type Receiver, receiver, status } from "../fixtures/receiver.ts";

const place = mkdtempSync(join(tmpdir(), "signalbox-svix-"));

/** Runs a command in a folder of its own; whether it succeeded. */
const run = (command: string, args: string[]) =>
  spawnSync(command, args, { cwd: place, encoding: "utf8", timeout: 300_000 }).status === 0;

const python = (folder: string, version: string) => ({
  name: `Python (svix ${version})`,
  code: program("svix", "python svix"),
  file: `${folder}.py`,
  isInstalled: () =>
    run("python3", ["-m", "venv", folder]) &&
    run(`${place}/${folder}/bin/pip`, ["install", "-q", `svix==${version}`]),
  command: [`${place}/${folder}/bin/python`],
});
const sdks = [
  { ...python("python2", "2.9.1"), all: "sdk.py" },
  { ...python("python1", "1.99.1"), all: null },
  {
    name: "Go (svix-webhooks 1.99.1)",
    code: program("svix", "go svix"),
    file: "svix.go",
    isInstalled: () =>
      run("go", ["mod", "init", "example"]) &&
      run("go", ["get", "github.com/svix/svix-webhooks/go@v1.99.1"]),
    command: ["go", "run"],
    all: "sdk.go",
  },
].map((sdk) => ({ ...sdk, isReady: sdk.isInstalled() }));
for (const { name, isReady } of sdks)
  if (!isReady)
    console.warn(`\n!!! Svix's SDK for ${name} cannot be installed here: it is NOT RUN.\n`);

let hub: TestHub;
let target: Receiver;
beforeAll(async () => {
  [hub, target] = await Promise.all([testHub(), receiver()]);
});
afterAll(async () => {
  await hub[Symbol.asyncDispose]();
  await target[Symbol.asyncDispose]();
  rmSync(place, { recursive: true, force: true });
});

/** Starts a program with the hub's URL and key, and a target. */
function start(file: string, code: string, [command = "", ...args]: string[], path: string) {
  writeFileSync(join(place, file), code);
  const env = { SIGNALBOX_URL: hub.url, SIGNALBOX_KEY: hub.key, TARGET: target.url + path };
  const child = spawn(command, [...args, file], { cwd: place, env: { ...process.env, ...env } });
  const said = { out: "", error: "" };
  child.stdout.on("data", (text) => (said.out += text));
  child.stderr.on("data", (text) => (said.error += text));
  return { child, said, ended: once(child, "close").then(([code]) => code as number) };
}
const sentTo = (path: string) => target.requests.filter((request) => request.path === path);
const soon = { timeout: 120_000 };

describe.each(sdks)("Svix's SDK for $name", ({ name, code, file, command, all, isReady }) => {
  test.runIf(isReady)("the page's program sends a message that its secret verifies", async () => {
    const path = `/page-${encodeURIComponent(name)}`;
    const unique = code.replaceAll("shop-1", `shop-${file}`);
    const { said, ended } = start(file, unique, command, path);
    expect([await ended, said.error]).toEqual([0, ""]);
    const [secret = "", id] = said.out.trim().split(" ");
    await expect.poll(() => sentTo(path).length, soon).toBe(1);
    const [request] = sentTo(path);
    expect(request?.headers["svix-id"]).toBe(id);
    const headers = request?.headers as Record<string, string>;
    expect(new Webhook(secret).verify(request?.body ?? "", headers)).toEqual({ amount: 10 });
  });

  if (all === null) return;
  test.runIf(isReady)("every call of it that is served does what it says", async () => {
    const path = `/all-${encodeURIComponent(name)}`;
    const text = readFileSync(new URL(`../fixtures/svix/${all}`, import.meta.url), "utf8");
    target.answer = (request, response) =>
      status(request.path === path ? 503 : 200)(request, response);
    const { child, said, ended } = start(all, text, command, path);
    await expect
      .poll(() => [said.out, child.exitCode, said.error], soon)
      .toEqual(["failed\n", null, ""]);
    target.answer = status(200);
    child.stdin.end("\n");
    expect([await ended, said.error, said.out]).toEqual([0, "", "failed\ndone\n"]);
    expect(sentTo(path).at(-1)?.headers["x-a"]).toBe("1");
  });
});
