import { randomBytes } from "node:crypto";

/** No text that anybody sends has them. */
const [BEGIN, END] = [randomBytes(16).toString("hex"), randomBytes(16).toString("hex")];

/** JSON text as a value: `writeJson` puts it into what it writes as it is. */
export class RawJson {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  get length(): number {
    return this.#text.length;
  }

  /** `JSON.stringify` takes no text: it is marked, and put in its place afterwards. */
  toJSON(): string {
    return BEGIN + this.#text + END;
  }
}

/** Stored text as a value for an answer. */
export const rawJson = (text: string | null): RawJson | null =>
  text === null ? null : new RawJson(text);

/** Puts the texts of `RawJson` in their places in what `JSON.stringify` wrote. */
export function insertRawJson(written: string): string {
  const [first = "", ...rest] = written.split(`"${BEGIN}`);
  return rest.reduce((text, part) => {
    const end = part.indexOf(`${END}"`);
    const raw: string = JSON.parse(`"${part.slice(0, end)}"`);
    // Between its values only: what is written is one line, as event streams need it.
    return text + raw.replaceAll(/[\r\n]+/g, " ") + part.slice(end + END.length + 1);
  }, first);
}

/** As `JSON.stringify`, with `RawJson` as it is. */
export const writeJson = (value: unknown): string => insertRawJson(JSON.stringify(value));
