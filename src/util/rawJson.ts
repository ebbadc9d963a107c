import { randomBytes } from "node:crypto";

/** No text that anybody sends has it. */
const MARK = randomBytes(16).toString("hex");
/** The texts that `writeJson` has met, in order; undefined outside of it. */
let texts: string[] | undefined;

/** JSON text as a value: `writeJson` puts it into what it writes as it is. */
export class RawJson {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  get length(): number {
    return this.#text.length;
  }

  /** `JSON.stringify` takes no text: a mark stands in its place, for to escape and read back megabytes takes long. */
  toJSON(): string {
    texts?.push(this.#text);
    return MARK;
  }
}

/** Stored text as a value for an answer. */
export const rawJson = (text: string | null): RawJson | null =>
  text === null ? null : new RawJson(text);

/** As `JSON.stringify`, with `RawJson` as it is. */
export function writeJson(value: unknown): string {
  const met: string[] = [];
  texts = met;
  try {
    const text = JSON.stringify(value);
    if (met.length === 0) return text;
    const [first = "", ...rest] = text.split(`"${MARK}"`);
    // Between its values only: what is written is one line, as event streams need it.
    const line = (index: number) => met[index]?.replaceAll(/[\r\n]+/g, " ");
    return first + rest.map((part, index) => line(index) + part).join("");
  } finally {
    texts = undefined;
  }
}
