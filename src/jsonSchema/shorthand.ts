import { jsonEntries, jsonObject, plainJson } from "../util/json/exactJson.ts";
import { isObject } from "../util/json/isObject.ts";
import type { SchemaObject } from "./document.ts";
import { textFormat } from "./formats.ts";
import { invalidSchema } from "./invalidSchema.ts";

/**
 * The shorthand: `{"ticketName":"String","amount":"Number","note":"String?"}`. Every field is required unless its type
 * ends in "?", other fields are allowed, and a value that is not a type word is a sample of its type. A text that looks
 * like a type but is not one is rejected, because as a sample it would silently mean string.
 */

const typeWord = /^(string|number|integer|boolean|object|array|date|any)(\??)$/i;

const KNOWN = "String, Number, Integer, Boolean, Object, Array, Date or Any";
/** A single word; or several without a space, one of which is a type, such as `date-time` and `String[]`. */
const looksLikeType =
  /^[a-z_]\w*\??$|^(?=\S*(?<![a-z])(?:string|number|integer|int|float|boolean|bool|object|array|date|any|null)(?![a-z]))[a-z][\w<>[\]{}|?*!:,-]*$/i;

/** The type word for a date accepts a day as well as an instant. */
const dateSchema = { type: "string", anyOf: [{ format: "date-time" }, { format: "date" }] };

const jsonTypes = ["array", "boolean", "integer", "null", "number", "object", "string"];

/** Keywords that are not used as field names: with a value that is not a type word, they mark JSON Schema. */
const schemaKeywords = new Set(
  `$schema $id $ref $defs $anchor $comment $vocabulary $dynamicRef $dynamicAnchor definitions properties
  patternProperties additionalProperties unevaluatedProperties propertyNames minProperties maxProperties
  dependentRequired dependentSchemas dependencies prefixItems unevaluatedItems minItems maxItems uniqueItems
  minContains maxContains allOf anyOf oneOf enum const multipleOf exclusiveMinimum exclusiveMaximum minLength
  maxLength`.split(/\s+/),
);

/** Keywords that may also be field names. */
const ambiguousKeywords = new Set(
  `type title description default examples deprecated readOnly writeOnly format contentEncoding
  contentMediaType contentSchema pattern minimum maximum required items contains not if then else`.split(
    /\s+/,
  ),
);

const isTypeWord = (value: unknown) => typeof value === "string" && typeWord.test(value);

/**
 * Whether an object is JSON Schema rather than shorthand. It is when it is empty; when it has a keyword that is not
 * used as a field name (`properties`, `$schema`, `anyOf`, …), or `required` with a list of names; or when `type` is a
 * type in JSON Schema's own spelling and all the rest are keywords. So `{"type":"string"}` is JSON Schema, and
 * `{"type":"String"}` and `{"type":"string","title":"string"}` are shorthand for data with a field `type`.
 */
export function isJsonSchema(input: SchemaObject): boolean {
  const entries = Object.entries(input);
  if (entries.some(([key, value]) => schemaKeywords.has(key) && !isTypeWord(value))) return true;
  const { type, required, items } = input;
  if (
    Array.isArray(required) &&
    required.every((name) => typeof name === "string" && !isTypeWord(name))
  ) {
    return true;
  }
  if (isObject(items) && Object.keys(items).length > 0 && type === undefined)
    return isJsonSchema(items);
  if (type === undefined) return entries.length === 0;
  return (
    [type].flat().every((name) => jsonTypes.includes(String(name))) && entries.every(isKeyword)
  );
}

function isKeyword([key, value]: [string, unknown]): boolean {
  if (key === "type" || key.startsWith("x-")) return true;
  if (!ambiguousKeywords.has(key) && !schemaKeywords.has(key)) return false;
  return key === "format"
    ? !isTypeWord(value) || textFormat(value) !== undefined
    : !isTypeWord(value);
}

/** The JSON Schema of a shorthand. Throws SCHEMA_INVALID where JSON Schema is mixed in. */
export function fromShorthand(shorthand: SchemaObject, path: string[] = []): SchemaObject {
  const entries = jsonEntries(shorthand);
  const required = entries.filter(([, value]) => !isOptional(value)).map(([name]) => name);
  const properties = jsonObject(
    entries.map(([name, value]) => [name, schemaOf(plainJson(value), [...path, name])]),
  );
  // Keeps the order of its fields, even when their names are numbers.
  return jsonObject(
    Object.entries({
      type: "object",
      properties,
      ...(required.length > 0 ? { required } : {}),
    }),
  );
}

const isOptional = (value: unknown) =>
  typeof value === "string" && typeWord.exec(value)?.[2] === "?";

function schemaOf(value: unknown, path: string[]): SchemaObject {
  if (typeof value === "string") return wordSchema(value, path);
  if (Array.isArray(value)) return arraySchema(value, path);
  if (!isObject(value)) return value === null ? {} : { type: typeof value };
  if (Object.keys(value).length === 0) return { type: "object" };
  if (isJsonSchema(value)) {
    throw invalidSchema(
      path,
      "is JSON Schema within a shorthand: write the whole schema as JSON Schema, or this field as shorthand",
    );
  }
  return fromShorthand(value, path);
}

function wordSchema(text: string, path: string[]): SchemaObject {
  const known = typeWord.exec(text)?.[1];
  const compact = text.replaceAll(/\s/g, "");
  if (known === undefined && (looksLikeType.test(text.trim()) || typeWord.test(compact))) {
    throw invalidSchema(
      path,
      `is '${text}', which is not a type: use ${KNOWN}, followed by ? when the field may be missing`,
    );
  }
  const word = known?.toLowerCase() ?? "string";
  if (word === "any") return {};
  return word === "date" ? dateSchema : { type: word };
}

/** One item defines all items; a longer array is a sample and only means that the value is an array. */
function arraySchema(items: unknown[], path: string[]): SchemaObject {
  if (items.length !== 1) return { type: "array" };
  if (isOptional(items[0])) {
    throw invalidSchema([...path, "0"], "cannot be optional: an array holds what it holds");
  }
  return { type: "array", items: schemaOf(items[0], [...path, "0"]) };
}
