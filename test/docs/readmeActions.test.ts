import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { actionLimits } from "../../src/domain/action/actionInput.ts";
import { testHub } from "../fixtures/hub.ts";
import { receiver } from "../fixtures/receiver.ts";

const readme = await readFile(new URL("../../README.md", import.meta.url), "utf8");

/** The first program below a heading that holds this text. */
function program(heading: string, holding: string): string {
  const section = readme.slice(readme.indexOf(heading));
  const blocks = [...section.matchAll(/```js\n(.*?)```/gs)].map(([, code = ""]) => code);
  return blocks.find((code) => code.includes(holding)) ?? "";
}

test("the program that presses a button, and takes the press, works as it is printed", async () => {
  await using hub = await testHub();
  const port = await freePort();
  const code = [
    program("### Check the signature", "export function isFromHub"),
    program("## Action buttons of Operational", "pressAction"),
  ].join("\n");
  const dir = await mkdtemp(join(tmpdir(), "readme-"));
  const path = join(dir, "ban.mjs");
  await writeFile(path, code.replaceAll("http://127.0.0.1:4000", hub.url).replaceAll("9000", port));
  const { PATH = "" } = process.env;
  const { stdout } = await promisify(execFile)(process.execPath, [path], {
    env: { PATH, KEY: hub.key },
    timeout: 60_000,
  });
  await rm(dir, { recursive: true });
  expect(stdout.split("\n")).toEqual([
    "received ban_user of Shash",
    '{"press":{"status":"SUCCEEDED"},"action":{"status":"COMPLETE"},"userErrors":[]}',
    "",
  ]);
});

async function freePort(): Promise<string> {
  await using taken = await receiver();
  return new URL(taken.url).port;
}

test("the limits of actions are those of the code", () => {
  const { actions, buttonText, metaBytes, expireIn } = actionLimits;
  expect(readme).toContain(
    `${actions}; ${buttonText} characters; ${metaBytes / 1024} KiB, 64 levels; 1 to ${expireIn.toLocaleString("en")} minutes`,
  );
});
