import { GraphQLScalarType, Kind, type ValueNode } from "graphql";
import { isChanged, jsonList, jsonNumber, jsonObject, jsonText } from "../../util/exactJson.ts";
import { isTooDeep, MAX_JSON_DEPTH } from "../../util/jsonDepth.ts";
import { RawJson } from "../../util/rawJson.ts";
import { requestError } from "../gate/requestError.ts";

const invalid = (message: string) => requestError("BAD_REQUEST", message);

const tooDeep = () => invalid(`JSON may nest at most ${MAX_JSON_DEPTH} levels deep.`);

function checkDepth(value: unknown): void {
  if (isTooDeep(value)) throw tooDeep();
}

type Variables = Record<string, unknown> | null | undefined;

function jsonLiteral(node: ValueNode, variables: Variables, depth = 1): unknown {
  if (depth > MAX_JSON_DEPTH + 1) throw tooDeep();
  switch (node.kind) {
    case Kind.INT:
    case Kind.FLOAT:
      return jsonNumber(node.value);
    case Kind.ENUM:
      throw invalid(`${node.value} is not JSON; did you mean "${node.value}"?`);
    case Kind.STRING:
    case Kind.BOOLEAN:
      return node.value;
    case Kind.NULL:
      return null;
    case Kind.VARIABLE:
      return variables?.[node.name.value] ?? null;
    case Kind.LIST:
      return jsonList(node.values.map((item) => jsonLiteral(item, variables, depth + 1)));
    case Kind.OBJECT:
      return jsonObject(
        node.fields.map((field) => [
          field.name.value,
          jsonLiteral(field.value, variables, depth + 1),
        ]),
      );
  }
}

export const JsonScalar = new GraphQLScalarType<unknown, unknown>({
  name: "JSON",
  description: `Any JSON value: object, list, string, number, boolean or null; at most ${MAX_JSON_DEPTH} levels deep. Number digits and key order are preserved.`,
  specifiedByURL: "https://www.rfc-editor.org/rfc/rfc8259",
  serialize: (value) => (isChanged(value) ? new RawJson(jsonText(value)) : value),
  parseValue(value) {
    checkDepth(value);
    return value;
  },
  parseLiteral(node, variables) {
    const value = jsonLiteral(node, variables);
    checkDepth(value);
    return value;
  },
});

const RFC_3339 =
  /^(\d{4}-\d\d-\d\d)[Tt ]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

function parseDateTime(value: unknown, name = "DateTime", also = ""): string {
  const day = typeof value === "string" ? RFC_3339.exec(value)?.[1] : undefined;
  const midnight = new Date(`${day}T00:00:00Z`);
  // Date accepts 30 February as 2 March, and misreads years with fewer than four digits.
  const dayExists =
    day && !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(day);
  if (typeof value !== "string" || !dayExists) {
    throw invalid(
      `${name} is an RFC 3339 string such as 2026-01-31T12:00:00Z${also}, not ${JSON.stringify(value)}.`,
    );
  }
  const moment = new Date(value).toISOString();
  if (/^[0+-]/.test(moment))
    throw invalid(`${name} lies in the years 1000 to 9999 of UTC, ${value} does not.`);
  return moment;
}

/** Formats PostgreSQL's text, an ISO string or a Date as RFC 3339 in UTC with milliseconds. */
function serializeDateTime(value: unknown): string {
  if (value instanceof Date || typeof value === "string") return new Date(value).toISOString();
  throw new Error(`not a time: ${typeof value}`);
}

export const DateTimeScalar = new GraphQLScalarType<string, string>({
  name: "DateTime",
  description:
    "A time as an RFC 3339 string with an offset. Answers are always in UTC with milliseconds.",
  specifiedByURL: "https://www.rfc-editor.org/rfc/rfc3339",
  serialize: serializeDateTime,
  parseValue: (value) => parseDateTime(value),
  parseLiteral: (node) => parseDateTime(node.kind === Kind.STRING ? node.value : undefined),
});

/** Numbers below 1e11 are seconds (to the year 5138); larger ones are milliseconds (from 1973). */
const SECONDS_BELOW = 1e11;
const OR_A_NUMBER =
  ", or a number: milliseconds since 1970, or seconds when it is below 100000000000";

function parseTimestamp(value: unknown): Date {
  if (typeof value !== "number") return new Date(parseDateTime(value, "Timestamp", OR_A_NUMBER));
  const moment = new Date(value < SECONDS_BELOW ? value * 1_000 : value);
  // The error message names the number itself, not a converted date.
  if (Number.isNaN(moment.getTime()) || /^[0+-]/.test(moment.toISOString()))
    return new Date(parseDateTime(value, "Timestamp", OR_A_NUMBER));
  return moment;
}

const timestampLiteral = (node: ValueNode): unknown => {
  if (node.kind === Kind.STRING) return node.value;
  return node.kind === Kind.INT || node.kind === Kind.FLOAT ? Number(node.value) : undefined;
};

export const TimestampScalar = new GraphQLScalarType<Date, never>({
  name: "Timestamp",
  description:
    "A time as an RFC 3339 string with an offset, or as a number of milliseconds since 1970. A number below 100,000,000,000 is read as seconds. Input only.",
  parseValue: parseTimestamp,
  parseLiteral: (node) => parseTimestamp(timestampLiteral(node)),
});
