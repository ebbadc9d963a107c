const token =
  /[ \t\r\n]*(?:([{}[\]:,])|("(?:[^"\\\p{Cc}]|[\x7f-\x9f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*")|(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-]))/uy;
const blank = /[ \t\r\n]*/y;

type Expected =
  | "a value"
  | "a value or ]"
  | "a name in double quotes"
  | "a name in double quotes or }"
  | "a colon"
  | "a comma or }"
  | "a comma or ]"
  | "the end";

type Token = { mark: string | undefined; isString: boolean; end: number };

/** The token at `at`, without the blanks before it, and where it ends; null when there is none. */
function tokenAt(text: string, at: number): Token | null {
  token.lastIndex = at;
  const match = token.exec(text);
  if (!match) return null;
  const [, mark, string] = match;
  return { mark, isString: string !== undefined, end: token.lastIndex };
}

/**
 * Where text stops being JSON, and what would be right there; null for valid JSON. `JSON.parse` tells the place for
 * some mistakes only, and differently in each version of Node.js.
 */
export function jsonMistake(text: string): { at: number; expected: Expected } | null {
  const open: string[] = [];
  let expected: Expected = "a value";
  const afterValue = (): Expected =>
    open.length === 0 ? "the end" : open.at(-1) === "{" ? "a comma or }" : "a comma or ]";
  for (let at = 0; ; ) {
    const found: Token | null = expected === "the end" ? null : tokenAt(text, at);
    blank.lastIndex = at;
    blank.exec(text);
    const start = blank.lastIndex;
    if (expected === "the end" && start === text.length) return null;
    const next: Expected | null = found && follow(found);
    if (!found || !next) return { at: start, expected };
    [at, expected] = [found.end, next];
  }

  function follow({ mark, isString }: Token): Expected | null {
    if (expected === "a colon") return mark === ":" ? "a value" : null;
    if (mark === "]" && (expected === "a value or ]" || expected === "a comma or ]"))
      return close();
    if (
      mark === "}" &&
      (expected === "a name in double quotes or }" || expected === "a comma or }")
    )
      return close();
    if (expected === "a comma or ]") return mark === "," ? "a value" : null;
    if (expected === "a comma or }") return mark === "," ? "a name in double quotes" : null;
    if (expected === "a name in double quotes" || expected === "a name in double quotes or }")
      return isString ? "a colon" : null;
    if (mark === undefined) return afterValue();
    if (mark !== "{" && mark !== "[") return null;
    open.push(mark);
    return mark === "{" ? "a name in double quotes or }" : "a value or ]";
  }

  function close(): Expected {
    open.pop();
    return afterValue();
  }
}
