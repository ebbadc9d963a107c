import { GraphQLScalarType, Kind, type ValueNode } from "graphql";
import {
  DATE_TIME_FORM,
  OR_A_NUMBER,
  readDateTime,
  readTimestamp,
} from "../../domain/input/dateTime.ts";
import {
  isChanged,
  jsonList,
  jsonNumber,
  jsonObject,
  jsonText,
} from "../../util/json/exactJson.ts";
import { isTooDeep, MAX_JSON_DEPTH } from "../../util/json/jsonDepth.ts";
import { RawJson } from "../../util/json/rawJson.ts";
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

/** The moment of a time that was given, or BAD_REQUEST. */
function momentOf(given: ReturnType<typeof readDateTime>, name: string, value: unknown, also = "") {
  if (given.problem === undefined) return given.at;
  throw given.problem === "form"
    ? invalid(`${name} is ${DATE_TIME_FORM}${also}, not ${JSON.stringify(value)}.`)
    : invalid(`${name} lies in the years 1000 to 9999 of UTC, ${value} does not.`);
}

const parseDateTime = (value: unknown): string =>
  momentOf(readDateTime(value), "DateTime", value).toISOString();

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

const parseTimestamp = (value: unknown): Date =>
  momentOf(readTimestamp(value), "Timestamp", value, OR_A_NUMBER);

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
