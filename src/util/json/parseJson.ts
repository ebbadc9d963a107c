import { jsonList, jsonNumber, jsonObject } from "./exactJson.ts";
import { endOfNumber, endOfString, scanJson } from "./scanJson.ts";

/** Parses text that is known to be valid JSON. */
class Reader {
  readonly #json: string;
  #at = 0;

  constructor(json: string) {
    this.#json = json;
    this.#skip();
  }

  read(): unknown {
    const first = this.#json[this.#at] ?? "";
    if (first === "{") return jsonObject(this.members(() => this.read()));
    if (first === "[") return this.#list();
    if (first === '"') return this.#string();
    if (first >= "a") return this.#word(first);
    const start = this.#at;
    this.#at = endOfNumber(this.#json, start);
    return jsonNumber(this.#json.slice(start, this.#at));
  }

  /** The source text of the next value, however deeply it nests. */
  source(): string {
    const start = this.#at;
    let depth = 0;
    for (; this.#at < this.#json.length; this.#at++) {
      const first = this.#json[this.#at] ?? "";
      if (first === '"') this.#at = endOfString(this.#json, this.#at);
      else if ("[{".includes(first)) depth++;
      else if (depth > 0 && "]}".includes(first)) depth--;
      else if (depth === 0 && ",]}".includes(first)) break;
    }
    return this.#json.slice(start, this.#at).trimEnd();
  }

  /** The members of the object at the current position; `read` reads each value. */
  members<Value>(read: () => Value): [name: string, value: Value][] {
    const members: [string, Value][] = [];
    this.#at++;
    for (this.#skip(); this.#json[this.#at] !== "}"; this.#skip(",")) {
      const name = this.#string();
      this.#skip(":");
      members.push([name, read()]);
    }
    this.#at++;
    return members;
  }

  #list(): unknown {
    const parts: unknown[] = [];
    this.#at++;
    for (this.#skip(); this.#json[this.#at] !== "]"; this.#skip(",")) parts.push(this.read());
    this.#at++;
    return jsonList(parts);
  }

  #string(): string {
    const start = this.#at;
    this.#at = endOfString(this.#json, start) + 1;
    const text = this.#json.slice(start, this.#at);
    return text.includes("\\") ? JSON.parse(text) : text.slice(1, -1);
  }

  #word(first: string): boolean | null {
    this.#at += first === "f" ? 5 : 4;
    return first === "n" ? null : first === "t";
  }

  /** Skips white space and at most one `mark`. */
  #skip(mark = ""): void {
    while (this.#json.charCodeAt(this.#at) <= 0x20 || this.#json[this.#at] === mark) this.#at++;
  }
}

/** Like `JSON.parse`, but keeps what parsing changes beside the value (exactJson.ts). */
export function parseJson(json: string, { mayChange } = scanJson(json)): unknown {
  const value: unknown = JSON.parse(json);
  return mayChange ? new Reader(json).read() : value;
}

/** The members of an object's JSON text, in order, with their values verbatim. */
export function membersOf(json: string): [name: string, source: string][] {
  const reader = new Reader(json);
  return reader.members(() => reader.source());
}
