import { expect, test } from "vitest";
import { createLogger } from "../../src/log.ts";

function capture(isTTY: boolean) {
  const lines: string[] = [];
  const log = createLogger("info", { isTTY, write: (line: string) => lines.push(line) });
  return { lines, log };
}

test("a line is JSON when the log is not a terminal, and readable when it is", () => {
  const plain = capture(false);
  plain.log.info({ port: 4000 }, "listening");
  expect(JSON.parse(plain.lines.join(""))).toMatchObject({
    level: "info",
    port: 4000,
    msg: "listening",
  });
  const terminal = capture(true);
  terminal.log.info("listening");
  expect(terminal.lines.join("")).toMatch(/INFO.*listening/);
  expect(terminal.lines.join("")).not.toContain("{");
});

test.each([true, false])(
  "of an error stands what it says, and nothing that hangs on it (terminal: %s)",
  (isTTY) => {
    const { lines, log } = capture(isTTY);
    const cause = new Error("the socket closed");
    const error = new RangeError("the connection broke", { cause });
    log.warn(
      { err: Object.assign(error, { code: "57P01", client: { port: 5432 }, detail: "row 7" }) },
      "lost",
    );
    const text = lines.join("");
    for (const word of [
      "lost",
      "RangeError",
      "the connection broke",
      "57P01",
      "the socket closed",
      "log.test.ts",
    ])
      expect(text).toContain(word);
    expect(text).not.toMatch(/5432|row 7/);
    log.warn(
      { err: new AggregateError([new Error("no route"), "thrown text"], "no address") },
      "away",
    );
    for (const word of ["no address", "no route", "thrown text"])
      expect(lines.join("")).toContain(word);
  },
);

test.each([true, false])("no secret is in a line (terminal: %s)", (isTTY) => {
  const { lines, log } = capture(isTTY);
  const headers = { authorization: "sesame-1", cookie: "sesame-2", "set-cookie": ["sesame-3"] };
  log.info({ ...headers, token: "sesame-4", req: { headers }, hook: { secret: "sesame-5" } }, "in");
  log.warn(
    "signed with whsec_c2VzYW1l, sent with bearer sesame-6 to https://u:sesame-7@example.com/",
  );
  log.error(new Error("connect postgres://hub:sesame-8@db/hub"), "key sbx_sesame_9 whsk_sesame");
  const text = lines.join("");
  expect(text).toContain("[hidden]");
  expect(text).not.toMatch(/sesame|c2VzYW1l/);
});

test.each([true, false])(
  "no message can forge a line or command a terminal (terminal: %s)",
  (isTTY) => {
    const { lines, log } = capture(isTTY);
    const hostile = "good\r\n\u001b[2J\u001b]0;title\u0007\u009b31m\b[12:00:00] ERROR: forged";
    log.info({ text: hostile, back: "C:\\u001b\\b" }, hostile);
    const text = lines.join("");
    const uncoloured = text.replaceAll(/\p{Cc}\[\d+m/gu, "").replaceAll(/[\n\t]/g, "");
    expect(uncoloured).not.toMatch(/\p{Cc}/u);
    expect(text).not.toMatch(/\\u001b\[|\n\[12:00/);
    expect(text).toContain("C:");
  },
);
