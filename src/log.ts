import { pino } from "pino";
import pretty from "pino-pretty";

export type Logger = pino.Logger;

const hiddenKeys = [
  "authorization",
  "cookie",
  "set-cookie",
  "x-api-key",
  "secret",
  "token",
  "password",
  "signature",
  "connectionParams",
];
const hiddenPaths = hiddenKeys.flatMap((key) => [`["${key}"]`, `*["${key}"]`, `*.*["${key}"]`]);

/** Secrets recognized by their form, anywhere in a line. */
const secretPatterns: [RegExp, string][] = [
  [/\b(whsec_|whsk_|sbx_)[\w+/=-]+/g, "$1[hidden]"],
  [/\b(bearer)\s+[\w.~+/=-]+/gi, "$1 [hidden]"],
  [/(\w:\/\/)[^\s/@"\\]+@/g, "$1[hidden]@"],
];

// Terminals obey control characters, and a log may repeat text from outside. Escape sequences are removed as a whole,
// then every other control character except line breaks and tabs.
const ansiSequence = /\\u001b\[[\d;?]*[ -/]*[@-~]/gi;
const escapePair = /\\(?:(u00[01][\da-f]|u007f|[bfr])|.)/gi;
const rawControl = /[\u007f-\u009f\u2028\u2029]/g;

const clean = (line: string) =>
  secretPatterns.reduce(
    (text, [pattern, replacement]) => text.replace(pattern, replacement),
    line
      .replace(ansiSequence, "")
      .replace(escapePair, (pair, control?: string) => (control ? "" : pair))
      .replace(rawControl, ""),
  );

/** Logs an error's message, stack and code only: drivers attach connections and row values to errors. */
function serializeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { type, message, stack, code, constraint_name } = pino.stdSerializers.err(error);
  const aggregateErrors =
    error instanceof AggregateError ? error.errors.map(serializeError) : undefined;
  return { type, message, stack, code, constraint_name, aggregateErrors };
}

/**
 * The only logger: JSON lines, or readable lines when `out` is a terminal. Secrets and control characters are removed
 * from both.
 */
export function createLogger(
  level: string,
  out: { isTTY?: boolean; write(line: string): unknown } = process.stderr,
): Logger {
  const options: pino.LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { err: serializeError },
    redact: { paths: hiddenPaths, censor: "[hidden]" },
    hooks: { streamWrite: clean },
  };
  if (!out.isTTY) {
    return pino({ ...options, formatters: { level: (label) => ({ level: label }) } }, out);
  }
  const readable = pretty.prettyFactory({
    colorize: true,
    translateTime: "SYS:HH:MM:ss",
    // A message is one line. Line breaks of stack traces are indented, so they cannot pass for a message.
    messageFormat: (entry, key) => String(entry[key] ?? "").replaceAll("\n", " "),
  });
  return pino(options, { write: (line) => out.write(readable(line)) });
}
