/**
 * JSON for programs that the hub does not run in: an integer that a double cannot hold is a `bigint`, in and out. Written without
 * JSON.rawJSON and the reviver's source text, which Node.js 20 and some browsers do not have.
 */

/** Stands before the digits while they are a string. Nobody can guess it, so that no text of others is taken for a number. */
const newMark = (): string => `${crypto.getRandomValues(new Uint32Array(4)).join("-")}n`;

/** A string, or a number as a whole: digits within a string or behind a decimal point are not an integer. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
/** A leading zero is left to JSON.parse, which refuses it. */
const LONG_INTEGER = /^-?[1-9]\d{15,}$/;

const isUnsafe = (token: string) =>
  LONG_INTEGER.test(token) && !Number.isSafeInteger(Number(token));

/** Like `JSON.parse`; integers beyond 2^53 are bigints. */
export function readJson(text: string): unknown {
  if (!/\d{16}/.test(text)) return JSON.parse(text);
  const mark = newMark();
  const marked = text.replace(TOKEN, (token) => (isUnsafe(token) ? `"${mark}${token}"` : token));
  return JSON.parse(marked, (_key, value) =>
    typeof value === "string" && value.startsWith(mark) ? BigInt(value.slice(mark.length)) : value,
  );
}

/** Like `JSON.stringify`; a bigint is written as its digits. Throws TypeError on NaN and Infinity, which would become null. */
export function writeJson(value: unknown): string {
  let mark: string | undefined;
  const text = JSON.stringify(value, function (this: Record<string, unknown>, key, shown) {
    // As it was before a toJSON that somebody gave to BigInt.prototype.
    const given = this[key];
    if (typeof given === "bigint") {
      mark ??= newMark();
      return mark + given;
    }
    if (typeof shown === "number" && !Number.isFinite(shown))
      throw new TypeError(`'${key}' is ${shown}, which JSON cannot hold`);
    return shown;
  });
  return mark === undefined ? text : text.replace(new RegExp(`"${mark}(-?\\d+)"`, "g"), "$1");
}
