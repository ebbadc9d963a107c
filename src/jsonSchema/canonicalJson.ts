import { jsonEntries, jsonItems, jsonText } from "../util/exactJson.ts";
import { isObject } from "../util/isObject.ts";

declare global {
  // Available in Node.js; TypeScript does not know them yet.
  interface JSON {
    rawJSON(text: string): object;
    isRawJSON(value: unknown): boolean;
  }
}

/**
 * JSON text that is the same for equal values, regardless of the order of keys: 1.0 equals 1, and 9007199254740993 does
 * not equal 9007199254740992.
 */
export const canonicalJson = (value: unknown): string =>
  JSON.stringify(value, (_key, part) => {
    if (part instanceof Number) return JSON.rawJSON(canonicalNumber(jsonText(part)));
    if (Array.isArray(part)) return jsonItems(part);
    if (!isObject(part) || JSON.isRawJSON(part)) return part;
    return Object.fromEntries([...jsonEntries(part)].sort(byKey));
  });

const byKey = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) =>
  a < b ? -1 : 1;

/** JavaScript's text of the number when that is exact; otherwise its digits and exponent. */
function canonicalNumber(source: string): string {
  const rounded = String(Number(source));
  return decimal(source) === decimal(rounded) ? rounded : decimal(source);
}

/** A number in its shortest exact form. */
function decimal(number: string): string {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(number) ?? [];
  const digits = (whole + fraction).replace(/^0+/, "");
  const significant = digits.replace(/0+$/, "");
  if (significant === "") return "0";
  const zeros = digits.length - significant.length - fraction.length;
  return `${sign}${significant}e${BigInt(exponent) + BigInt(zeros)}`;
}
