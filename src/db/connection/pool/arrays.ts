import type postgres from "postgres";

type Types = Pick<postgres.ParsedOptions, "parsers" | "serializers">;

/** OIDs of the types that are sent or read in arrays: of the element and of its array. */
const numbers: Record<string, [one: number, many: number]> = {
  boolean: [16, 1000],
  bytea: [17, 1001],
  name: [19, 1003],
  bigint: [20, 1016],
  smallint: [21, 1005],
  integer: [23, 1007],
  text: [25, 1009],
  oid: [26, 1028],
  json: [114, 199],
  real: [700, 1021],
  "double precision": [701, 1022],
  varchar: [1043, 1015],
  date: [1082, 1182],
  timestamp: [1114, 1115],
  timestamptz: [1184, 1185],
  numeric: [1700, 1231],
  uuid: [2950, 2951],
  jsonb: [3802, 3807],
};

/** The quoted text from `from` on, and where it ends. */
function readQuoted(text: string, from: number): [item: string, end: number] {
  let end = from + 1;
  while (text[end] !== '"') end += text[end] === "\\" ? 2 : 1;
  return [text.slice(from + 1, end).replace(/\\(.)/gs, "$1"), end + 1];
}

function readArray(text: string, parse: (item: string) => unknown): unknown[] {
  let at = text.indexOf("{");
  function readItem(): unknown {
    if (text[at] === "{") return readItems();
    if (text[at] === '"') {
      const [item, end] = readQuoted(text, at);
      at = end;
      return parse(item);
    }
    const from = at;
    while (text[at] !== "," && text[at] !== "}") at += 1;
    const item = text.slice(from, at);
    return item === "NULL" ? null : parse(item);
  }
  function readItems(): unknown[] {
    const items = [];
    while (text[at] !== "}") {
      // Skips the brace or comma.
      at += 1;
      if (text[at] !== "}") items.push(readItem());
    }
    at += 1;
    return items;
  }
  return readItems();
}

function writeArray(items: unknown, write: (item: unknown) => string): string {
  // Already an array literal.
  if (!Array.isArray(items)) return String(items);
  const texts = items.map((item) => {
    if (Array.isArray(item)) return writeArray(item, write);
    return item === null ? "null" : `"${write(item).replace(/[\\"]/g, "\\$&")}"`;
  });
  return `{${texts.join(",")}}`;
}

/**
 * Teaches postgres.js the arrays of known types. By default it asks the server for them on each connection, and ends
 * the process if the connection breaks meanwhile.
 */
export function teachArrays({ parsers, serializers }: Types): void {
  for (const [one, many] of Object.values(numbers)) {
    const parse = parsers[one] ?? String;
    const serialize = serializers[one] ?? String;
    parsers[many] = (text) => readArray(text, parse);
    serializers[many] = (items) => writeArray(items, serialize as (item: unknown) => string);
  }
}
