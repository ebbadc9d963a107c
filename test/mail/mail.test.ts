import { afterAll, beforeAll, expect, test } from "vitest";
import {
  change,
  deliveries,
  emit,
  hookOf,
  register,
  tryRegister,
  update,
} from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { type MailServer, mailOf, mailServer } from "../fixtures/mailServer.ts";
import { answer, eventOf, rest } from "../fixtures/rest.ts";

let hub: TestHub;
let server: MailServer;
beforeAll(async () => {
  server = await mailServer("pässword:@/");
  hub = await testHub({ mail: mailOf(server) });
});
afterAll(async () => {
  await hub[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const soon = { timeout: 60_000 };
const url = "mailto:ops@example.com";
const quick = { retries: 2, retryScheduleMs: [100] };
const one = async (eventId: string) => (await deliveries(hub, { eventId }))[0];
const mailTo = (to: string) => server.mails.filter((mail) => mail.to.includes(to));
/** The lines of headers, unfolded, and the body. */
function partsOf(text: string) {
  const [head = "", ...body] = text.split("\r\n\r\n");
  return { head: head.replace(/\r\n[ \t]+/g, " ").split("\r\n"), body: body.join("\r\n\r\n") };
}

test("an event is sent as an e-mail, and the server's reply is the attempt's answer", async () => {
  const { id } = await register(hub, { url, types: ["order.paid"], format: "DATA" });
  const event = await emit(hub, { type: "order.paid", data: { total: 42 } });
  expect(event.status).toBe("PROCESSED");
  const [mail, ...others] = mailTo("ops@example.com");
  expect([mail?.from, others]).toEqual(["hub@example.com", []]);
  const { head, body } = partsOf(mail?.text ?? "");
  expect(head).toEqual(
    expect.arrayContaining([
      "From: Signalbox <hub@example.com>",
      "To: ops@example.com",
      "Subject: order.paid",
      `Message-ID: <${event.id}.${id}@signalbox>`,
      "Auto-Submitted: auto-generated",
    ]),
  );
  expect(body.trim()).toBe('{"total":42}');
  expect(head.filter((line) => /^(webhook|ce|signalbox)-/i.test(line))).toEqual([]);
  expect((await one(event.id))?.attempts).toMatchObject([
    {
      ...{ outcome: "SUCCESS", statusCode: 250, error: null, responseTruncated: false },
      responseBody: expect.stringContaining("taken as 4711"),
      requestHeaders: { from: "hub@example.com", to: "ops@example.com", subject: "order.paid" },
    },
  ]);
});

test("a refusal for now (4xx) is tried again, one for good (5xx) ends the delivery at once", async () => {
  await register(hub, { url: "mailto:later@example.com", types: ["later"], ...quick });
  server.answer = { code: 450, text: "mailbox busy" };
  const later = await emit(hub, { type: "later", waitMs: 0 });
  await expect.poll(async () => (await one(later.id))?.attempts.length, soon).toBeGreaterThan(0);
  server.answer = "take";
  await expect.poll(async () => (await one(later.id))?.status, soon).toBe("SUCCEEDED");
  expect((await one(later.id))?.attempts[0]).toMatchObject({
    ...{ outcome: "RESPONSE_ERROR", statusCode: 450 },
    error: "smtp 450: the mail server refused the message",
    responseBody: expect.stringContaining("mailbox busy"),
  });
  expect(mailTo("later@example.com")).toHaveLength(1);

  await register(hub, { url: "mailto:gone@example.com", types: ["gone"], ...quick });
  server.answer = { code: 550, text: "no such user" };
  const gone = await emit(hub, { type: "gone" });
  server.answer = "take";
  expect(await one(gone.id)).toMatchObject({ status: "FAILED", attempts: [{ statusCode: 550 }] });
});

test("a hook may end with a reply, and a server that does not answer is a timeout", async () => {
  const { id } = await register(hub, {
    ...{ url: "mailto:left@example.com", types: ["left"], unsubscribeOn: [551] },
  });
  server.answer = { code: 551, text: "user not local" };
  const left = await emit(hub, { type: "left" });
  expect([(await one(left.id))?.status, (await hookOf(hub, id)).status]).toEqual([
    ...["GONE", "DELETED"],
  ]);
  await register(hub, {
    ...{ url: "mailto:slow@example.com", types: ["slow"], retries: 0, timeoutMs: 1_000 },
  });
  server.answer = "hang";
  const slow = await emit(hub, { type: "slow" });
  server.answer = "take";
  expect((await one(slow.id))?.attempts).toMatchObject([
    {
      ...{ outcome: "CONNECTION_ERROR", statusCode: null },
      error: "timeout: no complete answer within 1000 ms",
    },
  ]);
});

test("deliveries are parked, and sent again by a person, as any other", async () => {
  const to = "parked@example.com";
  const { id } = await register(hub, { url: `mailto:${to}`, types: ["parked"] });
  await change(hub, "pauseHook", id);
  const event = await emit(hub, { type: "parked", waitMs: 0 });
  expect((await one(event.id))?.status).toBe("PARKED");
  await change(hub, "resumeHook", id);
  await expect.poll(() => mailTo(to).length, soon).toBe(1);
});

test("nothing of an event gets into the headers but as text of the subject", async () => {
  const to = "strict@example.com";
  await register(hub, {
    url: `mailto:${to}`,
    types: ["*"],
    format: "DATA",
    filter: "event.userId == 'strict'",
  });
  const type = "ünï=?utf-8?Q?x?= <a@b.c>, z";
  const data = "x\r\n.\r\nRCPT TO:<evil@example.com>\r\n\r\nBcc: evil@example.com";
  await emit(hub, { type, data, userId: "strict" });
  await expect.poll(() => mailTo(to).length, soon).toBe(1);
  const [mail] = mailTo(to);
  const { head, body } = partsOf(mail?.text ?? "");
  expect(mail?.to).toEqual([to]);
  expect(head.map((line) => line.split(":")[0]).sort()).toEqual([
    ...["Auto-Submitted", "Content-Transfer-Encoding", "Content-Type", "Date", "From"],
    ...["MIME-Version", "Message-ID", "Subject", "To"],
  ]);
  expect(body).toContain("RCPT TO");
  expect(mailTo("evil@example.com")).toEqual([]);
});

test.each([
  ["mailto:", "url is an address such as mailto:ops@example.com"],
  ["mailto:ops", "url is an address such as"],
  ["mailto:a@b.c,d@e.f", "url names one address"],
  ["mailto:a@example.com?bcc=b@example.com", "url has no ?subject="],
  ["mailto:a@example.com%0d%0aBcc:b@example.com", "url is an address such as"],
  ["mailto:a@example.com\r\nBcc: b@example.com", "url is an address such as"],
  ['mailto:"a b"@example.com', "url is an address such as"],
  ["mailto:ops@exämple.com", "in ASCII"],
  ["mailto://ops@example.com", "url is an address such as"],
  [`mailto:${"a".repeat(65)}@example.com`, "url is an address such as"],
])("%j is refused", async (url, message) => {
  const { hook, userErrors } = await tryRegister(hub, { url });
  expect([hook, userErrors]).toEqual([
    null,
    [{ code: "INVALID", message: expect.stringContaining(message), path: ["url"] }],
  ]);
});

test("AsyncAPI names the address and its domain", async () => {
  const { id } = await register(hub, { url: "mailto:doc@example.com", types: ["documented"] });
  type Document = {
    servers: Record<string, object>;
    channels: Record<string, { address: string }>;
  };
  const { servers, channels } = await answer<Document>(rest(hub, "GET", "/asyncapi.json"));
  expect(servers[`hook-${id}`]).toEqual({ host: "example.com", protocol: "smtp" });
  expect(channels[`hook-${id}`]?.address).toBe("doc@example.com");
});

test("what is of HTTP alone is refused for e-mail, and so is an address for buttons", async () => {
  const pathOf = async (input: object) =>
    (await tryRegister(hub, { url, ...input })).userErrors.map(({ path }) => path.join());
  expect(await pathOf({ verification: "HOOK_SECRET" })).toEqual(["verification"]);
  expect(await pathOf({ headers: { "x-a": "b" } })).toEqual(["headers"]);
  const oauth2 = { tokenUrl: "http://127.0.0.1:9/", clientId: "a", clientSecret: "b" };
  expect(await pathOf({ auth: { oauth2 } })).toEqual(["auth"]);
  const { id } = await register(hub, { url, types: ["changed"] });
  expect(await update(hub, id, { headers: { bcc: "b@example.com" } })).toMatchObject([
    { code: "INVALID", path: ["headers"] },
  ]);
  expect(await update(hub, id, { url: "mailto:other@example.com" })).toEqual([]);
  const { emitEvent } = await hub.run<{ emitEvent: { userErrors: { path: string[] }[] } }>(
    `mutation ($url: String!) { emitEvent(input: { type: "a", actions: [{ url: $url, buttonText: "x", key: "k" }] }) {
      userErrors { code path } } }`,
    { url },
  );
  expect(emitEvent.userErrors).toMatchObject([{ code: "INVALID", path: ["actions", "0", "url"] }]);
});

test("a wrong password is the operator's: the delivery is tried again, and no secret is told", async () => {
  const wrong = mailOf({ url: server.url.replace(/hub:[^@]*/, "hub:wrong") });
  await using other = await testHub({ mail: wrong });
  const { id } = await register(other, { url, ...quick });
  const event = await emit(other, {});
  const [delivery] = await deliveries(other, { hookId: id });
  expect(delivery?.attempts).toHaveLength(3);
  expect(delivery?.attempts[0]).toMatchObject({
    ...{ outcome: "CONNECTION_ERROR", statusCode: null },
    error: "smtp: the mail server refused the user name or the password",
  });
  expect(await eventOf(other, event.id, "status")).toEqual({ status: "FAILED" });
});

test("without a mail server a hook is refused, and one from before is not sent to", async () => {
  await using other = await testHub();
  expect(await tryRegister(other, { url })).toMatchObject({
    hook: null,
    userErrors: [
      {
        ...{ code: "TARGET_REFUSED", path: ["url"] },
        message: expect.stringContaining("SIGNALBOX_SMTP_URL and SIGNALBOX_SMTP_FROM"),
      },
    ],
  });
  const { id } = await register(other, { url: "http://127.0.0.1:9/", retries: 0 });
  await other.db.sql`update signalbox.hooks set url = ${url} where id = ${id}`;
  await emit(other, {});
  expect((await deliveries(other, { hookId: id }))[0]?.attempts).toMatchObject([
    {
      ...{ outcome: "REFUSED", statusCode: null },
      error: "not sent: this hub has no mail server (SIGNALBOX_SMTP_URL)",
    },
  ]);
});
