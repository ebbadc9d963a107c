import { jsonEntries, jsonItems, jsonText } from "../util/json/exactJson.ts";
import { isObject } from "../util/json/isObject.ts";

/**
 * JSON text that is the same for equal values, regardless of the order of keys: 1.0 equals 1, and 9007199254740993 does
 * not equal 9007199254740992.
 */
export const canonicalJson = (value: unknown): string => write(value) ?? "null";

/** Undefined for what JSON leaves out. */
function write(value: unknown): string | undefined {
  if (value instanceof Number) return canonicalNumber(jsonText(value));
  if (Array.isArray(value)) return `[${jsonItems(value).map(canonicalJson).join(",")}]`;
  if (!isObject(value) || typeof value.toJSON === "function") return JSON.stringify(value);
  const members = [...jsonEntries(value)].sort(byKey).flatMap(([name, part]) => {
    const text = write(part);
    return text === undefined ? [] : `${JSON.stringify(name)}:${text}`;
  });
  return `{${members.join(",")}}`;
}

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
