import { randomBytes } from "node:crypto";

/** A random mark that no caller's text contains. */
const MARK = randomBytes(8).toString("hex");
const markedNumber = new RegExp(`"${MARK}([^"]*)"`, "g");

/**
 * A JSON number that JavaScript would write differently (9007199254740993, 1.10). Templates compute with its double,
 * compare all of its digits, and output it verbatim.
 */
export class ExactNumber {
  readonly #source: string;

  constructor(source: string) {
    this.#source = source;
  }

  toString(): string {
    return this.#source;
  }

  valueOf(): number {
    return Number(this.#source);
  }

  /** `JSON.stringify` cannot insert digits verbatim (Node.js 20 has no JSON.rawJSON): `unmarked` does, afterwards. */
  toJSON(): string {
    return MARK + this.#source;
  }

  // The interface by which liquidjs compares custom values.
  equals(other: unknown): boolean {
    const [own, given] = [comparable(this), comparable(other)];
    const isNumber = typeof given === "number" || typeof given === "bigint";
    return isNumber && own >= given && own <= given;
  }
  gt(other: unknown): boolean {
    return comparable(this) > comparable(other);
  }
  geq(other: unknown): boolean {
    return comparable(this) >= comparable(other);
  }
  lt(other: unknown): boolean {
    return comparable(this) < comparable(other);
  }
  leq(other: unknown): boolean {
    return comparable(this) <= comparable(other);
  }
}

/** Integers are compared with all of their digits. */
function comparable(value: unknown): bigint | number {
  if (!(value instanceof ExactNumber)) return value as number;
  const source = String(value);
  return /^-?\d+$/.test(source) ? BigInt(source) : Number(source);
}

/** The double of an exact number; any other value unchanged. */
export const plainNumber = (value: unknown): unknown =>
  value instanceof ExactNumber ? value.valueOf() : value;

/** What `JSON.stringify` wrote of a value, with its exact numbers. */
export const unmarked = (json: string): string => json.replaceAll(markedNumber, "$1");
