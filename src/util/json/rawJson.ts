import { randomBytes } from "node:crypto";

/** A random mark that no caller's text contains. */
const MARK = randomBytes(16).toString("hex");
/** The texts that `writeJson` has come across, in order; undefined outside of `writeJson`. */
let texts: string[] | undefined;

/** JSON text as a value: `writeJson` inserts it verbatim. */
export class RawJson {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  get length(): number {
    return this.#text.length;
  }

  /**
   * `JSON.stringify` cannot insert text verbatim, and escaping and parsing megabytes is slow: a mark stands for the
   * text.
   */
  toJSON(): string {
    texts?.push(this.#text);
    return MARK;
  }
}

/** Stored JSON text as a value for a response. */
export const rawJson = (text: string | null): RawJson | null =>
  text === null ? null : new RawJson(text);

/** Like `JSON.stringify`, but inserts `RawJson` verbatim. */
export function writeJson(value: unknown): string {
  const found: string[] = [];
  texts = found;
  try {
    const text = JSON.stringify(value);
    if (found.length === 0) return text;
    const [first = "", ...rest] = text.split(`"${MARK}"`);
    // Line breaks can only stand between JSON values. The result must be one line for event streams.
    const line = (index: number) => found[index]?.replaceAll(/[\r\n]+/g, " ");
    return first + rest.map((part, index) => line(index) + part).join("");
  } finally {
    texts = undefined;
  }
}
