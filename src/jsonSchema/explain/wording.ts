import type { ErrorObject } from "ajv/dist/2020.js";
import { textFormat } from "../formats.ts";

/** The most allowed values listed in a message. */
const maxListed = 20;

const nouns: Record<string, string> = {
  array: "an array",
  boolean: "a boolean",
  integer: "an integer",
  null: "null",
  number: "a number",
  object: "an object",
  string: "a string",
};

/** A value as messages show it: strings in single quotes, everything else as JSON. */
const quoted = (value: unknown) =>
  typeof value === "string" ? `'${value}'` : JSON.stringify(value);

/** "a string or null" for one type or a list of types. */
export const typeWords = (types: unknown) =>
  [types]
    .flat()
    .map((type) => nouns[String(type)] ?? String(type))
    .join(" or ");

/** "'a', 'b', …", with at most `maxListed` values. */
export const listed = (values: unknown[]) =>
  values.slice(0, maxListed).map(quoted).join(", ") + (values.length > maxListed ? ", …" : "");

const comparisons: Record<string, string> = {
  ">=": "at least",
  ">": "more than",
  "<=": "at most",
  "<": "less than",
};

const bound = ({ comparison, limit }: ErrorObject["params"]) =>
  `must be ${comparisons[comparison]} ${limit}`;

/** The sentence for each failed keyword, in goflow's words where goflow has them. */
const sentences: Record<string, (params: ErrorObject["params"]) => string> = {
  type: ({ type }) => `must be ${typeWords(type)}`,
  required: () => "is required",
  dependentRequired: ({ property }) => `is required when '${property}' is given`,
  format: ({ format }) => textFormat(format)?.sentence ?? `must be a valid ${format}`,
  enum: ({ allowedValues }) => `must be one of ${listed(allowedValues)}`,
  const: ({ allowedValue }) => `must be ${quoted(allowedValue)}`,
  pattern: ({ pattern }) => `must match pattern '${pattern}'`,
  minimum: bound,
  maximum: bound,
  exclusiveMinimum: bound,
  exclusiveMaximum: bound,
  multipleOf: ({ multipleOf }) => `must be a multiple of ${multipleOf}`,
  // goflow reports an empty string as "required", too.
  minLength: ({ limit }) => (limit === 1 ? "is required" : `must be at least ${limit} characters`),
  maxLength: ({ limit }) => `must be at most ${limit} character${limit === 1 ? "" : "s"}`,
  minItems: ({ limit }) => `must have a minimum of ${limit} items`,
  maxItems: ({ limit }) => `must have a maximum of ${limit} items`,
  items: ({ limit }) => `must have a maximum of ${limit} items`,
  unevaluatedItems: ({ len }) => `must have a maximum of ${len} items`,
  minProperties: ({ limit }) => `must have a minimum of ${limit} items`,
  maxProperties: ({ limit }) => `must have a maximum of ${limit} items`,
  uniqueItems: () => "must not have the same item twice",
  contains: ({ minContains, maxContains }) =>
    maxContains === undefined
      ? `must have a minimum of ${minContains} items of the kind its schema asks for`
      : `must have ${minContains} to ${maxContains} items of the kind its schema asks for`,
  not: () => "has a value that its schema rules out",
  "false schema": () => "is not allowed",
  additionalProperties: () => "is not allowed",
  unevaluatedProperties: () => "is not allowed",
};

/** What is wrong, as the end of a sentence that begins with the field. */
export function sentenceFor({ keyword, params, propertyName }: ErrorObject): string {
  const sentence = sentences[keyword]?.(params) ?? "is not valid";
  return propertyName === undefined ? sentence : `has a name that ${sentence}`;
}
