import { expect, test } from "vitest";
import { program } from "../fixtures/documents.ts";
import { testHub } from "../fixtures/hub.ts";
import { freePort } from "../fixtures/machine.ts";
import { runProgram } from "../fixtures/scripts.ts";

test("the program that presses a button, and takes the press, works as it is printed", async () => {
  await using hub = await testHub();
  const code = [program("receive-and-verify", "js is-from-hub"), program("buttons", "js press")]
    .join("\n")
    .replaceAll("http://127.0.0.1:4000", hub.url)
    .replaceAll("9000", String(await freePort()));
  await using ban = await runProgram("ban.mjs", code, [process.execPath], { KEY: hub.key });
  expect(await ban.ended, ban.output).toBe(0);
  expect(ban.lines).toEqual([
    "received ban_user of Shash",
    '{"press":{"status":"SUCCEEDED"},"action":{"status":"COMPLETE"},"userErrors":[]}',
  ]);
});

test("the workflow that sends a Slack message for each new ticket works as it is printed", async () => {
  await using hub = await testHub();
  const made = await hub.run(program("workflows", "graphql"));
  expect(made).toMatchObject({
    registerEventType: { eventType: { name: "Ticket Created" }, userErrors: [] },
    createWorkflow: { workflow: { status: "DRAFT", version: 1 }, userErrors: [] },
  });
  const code = program("workflows", "js ticket")
    .replaceAll("http://127.0.0.1:4000", hub.url)
    .replaceAll("9000", String(await freePort()));
  await using ticket = await runProgram("ticket.mjs", code, [process.execPath], { KEY: hub.key });
  expect(await ticket.ended, ticket.output).toBe(0);
  const [received = "", answer = ""] = ticket.lines;
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
