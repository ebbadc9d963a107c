import { isObject } from "../../util/json/isObject.ts";
import { memberDoc, memberName } from "./member.ts";

type Schema = Record<string, unknown>;

/** A schema whose references lead to one another can be endless, or nearly: what is left then is `unknown`. */
const MOST_PARTS = 2_000;
const UNKNOWN = "unknown";

/** Several types as one: a union or an intersection. */
function joined(types: string[], mark: "|" | "&"): string {
  const neutral = mark === "|" ? "never" : UNKNOWN;
  const unique = [...new Set(types)].filter((type) => type !== neutral);
  if (mark === "|" && unique.includes(UNKNOWN)) return UNKNOWN;
  if (unique.length <= 1) return unique[0] ?? neutral;
  const parts =
    mark === "|" ? unique : unique.map((type) => (/ [|] /.test(type) ? `(${type})` : type));
  return parts.join(` ${mark} `);
}

const listOf = (type: string) => (/^\w+$/.test(type) ? `${type}[]` : `Array<${type}>`);

/** The type of one value. */
function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (isObject(value)) {
    const members = Object.entries(value).map(
      ([name, part]) => `${memberName(name)}: ${literal(part)}`,
    );
    return members.length === 0 ? "Record<string, never>" : `{ ${members.join("; ")} }`;
  }
  const isRounded = Number.isInteger(value) && !Number.isSafeInteger(value);
  return isRounded ? "number | bigint" : JSON.stringify(value);
}

/** Every integer that the schema takes is a safe one. */
function isBounded({ minimum, exclusiveMinimum, maximum, exclusiveMaximum }: Schema): boolean {
  const isSafe = (bound: unknown) =>
    typeof bound === "number" && Math.abs(bound) <= Number.MAX_SAFE_INTEGER;
  return (
    (isSafe(minimum) || isSafe(exclusiveMinimum)) && (isSafe(maximum) || isSafe(exclusiveMaximum))
  );
}

/**
 * The TypeScript type of the values that a JSON Schema takes, as far as TypeScript can say it; `unknown` for the rest. Objects take no
 * other fields than theirs, even when the schema allows them, so that a misspelt field does not compile.
 */
export function typeOfSchema(root: unknown, indent: string): string {
  let parts = 0;

  function typeOf(schema: unknown, within: string, open: readonly unknown[]): string {
    if (schema === false) return "never";
    if (!isObject(schema) || open.includes(schema) || ++parts > MOST_PARTS) return UNKNOWN;
    const inner = [...open, schema];
    const branches = (name: string): string[] => {
      const list = schema[name];
      return Array.isArray(list) ? list.map((branch) => typeOf(branch, within, inner)) : [];
    };
    const own = [ownType(schema, within, inner), ...branches("allOf")];
    for (const name of ["anyOf", "oneOf"])
      if (Array.isArray(schema[name])) own.push(joined(branches(name), "|"));
    if (typeof schema.$ref === "string")
      own.push(typeOf(resolve(root, schema.$ref), within, inner));
    return joined(own, "&");
  }

  function ownType(schema: Schema, within: string, open: readonly unknown[]): string {
    if ("const" in schema) return literal(schema.const);
    if (Array.isArray(schema.enum)) return joined(schema.enum.map(literal), "|");
    return joined(
      [typesOf(schema)].flat().map((type) => named(String(type), schema, within, open)),
      "|",
    );
  }

  function named(type: string, schema: Schema, within: string, open: readonly unknown[]): string {
    switch (type) {
      case "integer":
        return isBounded(schema) ? "number" : "number | bigint";
      case "object":
        return objectType(schema, within, open);
      case "array":
        return arrayType(schema, within, open);
      case "string":
      case "number":
      case "boolean":
      case "null":
        return type;
      default:
        return UNKNOWN;
    }
  }

  function objectType(schema: Schema, within: string, open: readonly unknown[]): string {
    const {
      properties,
      required,
      patternProperties: patterns,
      additionalProperties: others,
    } = schema;
    const needed = new Set(Array.isArray(required) ? required.map(String) : []);
    const known = isObject(properties) ? properties : {};
    const names = [...new Set([...Object.keys(known), ...needed])];
    const deeper = `${within}  `;
    const members = names.map((name) => {
      const part = Object.hasOwn(known, name) ? known[name] : true;
      const mark = needed.has(name) ? "" : "?";
      return `${memberDoc(part, deeper)}${deeper}${memberName(name)}${mark}: ${typeOf(part, deeper, open)};\n`;
    });
    const free = [
      ...(isObject(patterns) ? Object.values(patterns) : []),
      ...(isObject(others) ? [others] : []),
    ];
    if (members.length === 0) {
      const isOpen = others === undefined || others === true;
      const values = free.map((part) => typeOf(part, within, open));
      return `Record<string, ${joined(isOpen ? [UNKNOWN] : values, "|")}>`;
    }
    // An index has to fit every member.
    if (free.length > 0) members.push(`${deeper}[name: string]: unknown;\n`);
    return `{\n${members.join("")}${within}}`;
  }

  function arrayType(schema: Schema, within: string, open: readonly unknown[]): string {
    const { prefixItems, items = true, minItems } = schema;
    const rest = typeOf(items, within, open);
    if (!Array.isArray(prefixItems)) return rest === "never" ? "[]" : listOf(rest);
    const first = prefixItems.map((part, index) => {
      const type = typeOf(part, within, open);
      if (index < Number(minItems ?? 0)) return type;
      return /^\w+$/.test(type) ? `${type}?` : `(${type})?`;
    });
    return `[${[...first, ...(rest === "never" ? [] : [`...${listOf(rest)}`])].join(", ")}]`;
  }

  return typeOf(root, indent, []);
}

/** The types that a schema names, or that it means when it says what is in an object or a list. */
function typesOf({ type, properties, required, items, prefixItems }: Schema): unknown {
  if (type !== undefined) return type;
  if (properties !== undefined || required !== undefined) return "object";
  return items !== undefined || prefixItems !== undefined ? "array" : [UNKNOWN];
}

/** What a reference within the schema leads to: a pointer, or an anchor. */
function resolve(root: unknown, reference: string): unknown {
  const fragment = decodeURIComponent(reference.slice(reference.indexOf("#") + 1));
  if (!reference.includes("#")) return true;
  if (fragment !== "" && !fragment.startsWith("/")) return anchored(root, fragment);
  let part = root;
  for (const name of fragment.split("/").slice(1)) {
    const key = name.replaceAll("~1", "/").replaceAll("~0", "~");
    part = typeof part === "object" && part !== null ? Reflect.get(part, key) : true;
  }
  return part;
}

function anchored(part: unknown, anchor: string): unknown {
  if (typeof part !== "object" || part === null) return undefined;
  if (Reflect.get(part, "$anchor") === anchor) return part;
  for (const child of Object.values(part)) {
    const found = anchored(child, anchor);
    if (found !== undefined) return found;
  }
  return undefined;
}
