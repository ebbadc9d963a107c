import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { workflowLimits } from "../../src/domain/workflow/workflowInput.ts";
import { testHub } from "../fixtures/hub.ts";
import { receiver } from "../fixtures/receiver.ts";

const readme = await readFile(new URL("../../README.md", import.meta.url), "utf8");
const section = readme.slice(readme.indexOf("### Workflows of Alloy"));

/** The first block of one language in the section. */
const block = (language: string) =>
  new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, "s").exec(section)?.[1] ?? "";

async function freePort(): Promise<string> {
  await using taken = await receiver();
  return new URL(taken.url).port;
}

test("the document's example, a Slack message for each new ticket, works as it is printed", async () => {
  await using hub = await testHub();
  const made = await hub.run(block("graphql"));
  expect(made).toMatchObject({
    registerEventType: { eventType: { name: "Ticket Created" }, userErrors: [] },
    createWorkflow: { workflow: { status: "DRAFT", version: 1 }, userErrors: [] },
  });
  const code = block("js")
    .replaceAll("http://127.0.0.1:4000", hub.url)
    .replaceAll("9000", await freePort());
  const dir = await mkdtemp(join(tmpdir(), "readme-"));
  const path = join(dir, "ticket.mjs");
  await writeFile(path, code);
  const { PATH = "" } = process.env;
  const { stdout } = await promisify(execFile)(process.execPath, [path], {
    env: { PATH, KEY: hub.key },
    timeout: 60_000,
  });
  await rm(dir, { recursive: true });
  const [received = "", answer = ""] = stdout.split("\n");
  expect(JSON.parse(received.replace("Slack got ", ""))).toEqual({
    text: "String of contact@runalloy.com: I'm excited to buy Alloy Embedded!",
  });
  expect(JSON.parse(answer)).toEqual({
    event: { status: "PROCESSED" },
    runs: [
      {
        status: "SUCCEEDED",
        error: null,
        steps: [
          { step: { id: "slack" }, status: "SUCCEEDED", output: { status: 200, response: "ok" } },
        ],
      },
    ],
    userErrors: [],
  });
});

test("the limits of workflows are those of the code", () => {
  const { workflows, steps, url, bodyBytes, variablesBytes } = workflowLimits;
  const english = (number: number) => number.toLocaleString("en");
  expect(readme).toContain(
    `| workflow | ${english(workflows)} in a project; ${steps} steps, each with a \`url\` of ${english(url)} characters, 20 headers, a \`body\` of ${bodyBytes / 1024} KiB as written`,
  );
  expect(readme).toContain(`| variables of an installation | ${variablesBytes / 1024} KiB |`);
});
