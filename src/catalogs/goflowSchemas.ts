import type { SchemaObject } from "../jsonSchema/document.ts";

/** The parts of goflow's events, as JSON Schema. */

type Fields = Readonly<Record<string, SchemaObject>>;

export const text = { type: "string" };
/** A non-empty string. */
export const filled = { type: "string", minLength: 1 };
export const integer = { type: "integer" };
export const flag = { type: "boolean" };
export const moment = { type: "string", format: "date-time" };
export const uuid4 = { type: "string", format: "uuid4" };
export const urn = { type: "string", format: "urn" };
/** Any JSON; its contents are not checked. */
export const anything = {};

/** A string of a format, or the empty string, which goflow writes for "none". */
export const orEmpty = ({ format }: { format: string }) => ({
  type: "string",
  anyOf: [{ const: "" }, { format }],
});

export const listOf = (items: SchemaObject) => ({ type: "array", items });
export const filledListOf = (items: SchemaObject) => ({ type: "array", minItems: 1, items });

/** Optional fields may also be null: goflow writes null for a missing list, map or document. */
const orNull = (schema: SchemaObject): SchemaObject =>
  schema.type === undefined ? schema : { ...schema, type: [schema.type, "null"] };

/** An object. Other fields are allowed and kept. */
export const record = (required: Fields, optional: Fields = {}) => ({
  type: "object",
  required: Object.keys(required),
  properties: {
    ...required,
    ...Object.fromEntries(Object.entries(optional).map(([name, schema]) => [name, orNull(schema)])),
  },
});

/** The data of an event. When nothing is required, the data may be missing. */
export const event = (required: Fields, optional: Fields = {}): SchemaObject => {
  const data = record(required, optional);
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    ...(data.required.length === 0 ? orNull(data) : data),
  };
};

const contactRef = record({ uuid: uuid4 }, { name: text });
export const flowRef = record({ uuid: uuid4 }, { name: text });
export const channelRef = record(
  { uuid: { type: "string", format: "lowercase-uuid" } },
  { name: text },
);
export const fieldRef = record({ key: filled }, { name: text });

/** A group or a label: one named by its UUID, or all whose name matches. */
const variableRef = {
  type: "object",
  properties: { uuid: uuid4, name: orNull(text), name_match: filled },
  oneOf: [{ required: ["uuid"] }, { required: ["name_match"] }],
};
export const groupRef = variableRef;
export const labelRef = variableRef;

/** The recipients of a broadcast or a session. */
export const recipients = {
  urns: listOf(urn),
  contacts: listOf(contactRef),
  groups: listOf(groupRef),
};
