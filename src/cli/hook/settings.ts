import { readFileSync } from "node:fs";
import { type Command, InvalidArgumentError, Option } from "commander";
import { isObject } from "../../util/json/isObject.ts";
import { parseJson } from "../../util/json/parseJson.ts";
import { hubNumber } from "../hub/limitOption.ts";

/** `--header "Name: value"`, which may be repeated; `--header ""` takes those before it away. */
function header(text: string, given?: Record<string, string> | null) {
  if (text === "") return null;
  const [, name, value] = /^\s*([^:\s]+)\s*:\s*(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined)
    throw new InvalidArgumentError('It must be like "Name: value".');
  return { ...given, [name]: value };
}

const numbers = (text: string): number[] =>
  text === "" ? [] : text.split(",").map((one) => hubNumber(one.trim()));

function signature(text: string): string {
  const kind = text.toUpperCase();
  if (kind === "HMAC_SHA256" || kind === "ED25519") return kind;
  throw new InvalidArgumentError("It must be HMAC_SHA256 or ED25519.");
}

/** What may be absent. */
const optional =
  <Value>(parse: (text: string) => Value) =>
  (text: string): Value | null =>
    text === "" ? null : parse(text);

/** "100,24": 100 failed tries over 24 hours. */
function disableAfter(text: string): { failures: number; hours: number } {
  const [, failures, hours] = /^\s*(\d+)\s*,\s*(\d+(?:\.\d+)?)\s*$/.exec(text) ?? [];
  if (failures === undefined || hours === undefined)
    throw new InvalidArgumentError("It must be like 100,24: failed tries, hours.");
  return { failures: Number(failures), hours: Number(hours) };
}

/** A JSON object; its numbers keep their digits. */
function object(text: string): object {
  try {
    if (isObject(JSON.parse(text))) return parseJson(text) as object;
  } catch {
    // Told below.
  }
  throw new InvalidArgumentError('It must be a JSON object such as {"team":"billing"}.');
}

const texts = (text: string): string[] => text.split(",").map((one) => one.trim());

/** The text, or with @FILE what the file holds. */
function textOrFile(text: string): string {
  if (!text.startsWith("@")) return text;
  try {
    return readFileSync(text.slice(1), "utf8");
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}

/** It holds secrets, which do not belong on a command line. */
function authFile(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    const why = error instanceof SyntaxError ? "holds no JSON" : "cannot be read";
    throw new InvalidArgumentError(`${JSON.stringify(file)} ${why}.`);
  }
}

/** The settings of a hook: its flag, and the field of the API's input. */
const settings = [
  ["name", new Option("--name <NAME>", "a name, unique in the project")],
  ["description", new Option("--description <TEXT>", "what it is for")],
  [
    "metadata",
    new Option("--metadata <JSON>", 'facts about it, such as {"team":"billing"}').argParser(
      optional(object),
    ),
  ],
  [
    "channels",
    new Option("--channels <NAME,NAME>", "only events of one of these channels").argParser(
      optional(texts),
    ),
  ],
  [
    "format",
    new Option(
      "--format <FORMAT>",
      "CLOUD_EVENT, CLOUD_EVENT_STRUCTURED, CLOUD_EVENT_BINARY, RESOURCE, EVENT or DATA",
    ),
  ],
  [
    "filter",
    new Option("--filter <CEL>", "only events that match, such as event.data.amount > 10"),
  ],
  ["userId", new Option("--user <ID>", "only events of this user")],
  ["retries", new Option("--retries <N>", "further tries after the first").argParser(hubNumber)],
  ["timeoutMs", new Option("--timeout-ms <MS>", "of one try").argParser(hubNumber)],
  [
    "retryScheduleMs",
    new Option("--retry-schedule-ms <MS,MS>", "the wait before each retry").argParser(
      optional(numbers),
    ),
  ],
  [
    "headers",
    new Option("--header <HEADER>", 'a header to send, "Name: value"; may be repeated').argParser(
      header,
    ),
  ],
  [
    "unsubscribeOn",
    new Option("--unsubscribe-on <CODE,CODE>", "answers that delete the hook").argParser(numbers),
  ],
  [
    "finalStatuses",
    new Option("--final-statuses <CODE,CODE>", "answers that end a delivery at once").argParser(
      numbers,
    ),
  ],
  [
    "disableAfter",
    new Option(
      "--disable-after <FAILURES,HOURS>",
      "disable it after so many failed tries in a row over so many hours",
    ).argParser(optional(disableAfter)),
  ],
  ["maxInFlight", new Option("--max-in-flight <N>", "calls at the same time").argParser(hubNumber)],
  [
    "rateLimitPerSecond",
    new Option("--rate-limit <N>", "calls a second").argParser(optional(hubNumber)),
  ],
  [
    "orderBy",
    new Option(
      "--order-by <CEL>",
      "deliver what has the same text in order, such as event.data.customerId",
    ),
  ],
  [
    "onOrderFailure",
    new Option("--on-order-failure <WHAT>", "BLOCK the key, PARK the delivery or SKIP it"),
  ],
  [
    "template",
    new Option(
      "--template <LIQUID>",
      'what to send instead of the format, such as {"text": {{ event.data.text | json }}}, or @FILE',
    ).argParser(textOrFile),
  ],
  [
    "templateContentType",
    new Option("--template-content-type <TYPE>", "of the template: application/json when absent"),
  ],
  [
    "selection",
    new Option(
      "--selection <GRAPHQL>",
      "what to send of the event, such as { id data { amount } }, or @FILE",
    ).argParser(textOrFile),
  ],
  [
    "changed",
    new Option(
      "--changed <NAME,NAME>",
      "of updates of resources only those that change one of these",
    ).argParser(optional(texts)),
  ],
  ["signature", new Option("--signature <KIND>", "HMAC_SHA256 or ED25519").argParser(signature)],
  [
    "auth",
    new Option(
      "--auth <FILE>",
      "a JSON file that says how requests authenticate: oauth2, mtls, ca",
    ).argParser(optional(authFile)),
  ],
] as const;

/** Declares the flags of a hook's settings. */
export function withSettings(command: Command): Command {
  for (const [, option] of settings) command.addOption(option);
  return command;
}

/** The given settings as fields of the API's input. Empty text takes an optional setting away. */
export function settingsOf(options: Record<string, unknown>): Record<string, unknown> {
  const given = settings.flatMap(([field, option]) => {
    const value = options[option.attributeName()];
    return value === undefined ? [] : [[field, value === "" ? null : value] as const];
  });
  return Object.fromEntries(given);
}
