import {
  type GraphQLOutputType,
  type GraphQLSchema,
  getNullableType,
  isEnumType,
  isListType,
  isNonNullType,
  isScalarType,
} from "graphql";

type JsonSchema = Record<string, unknown>;

const scalars: Record<string, JsonSchema> = {
  ID: { type: "string" },
  String: { type: "string" },
  Int: { type: "integer" },
  Float: { type: "number" },
  Boolean: { type: "boolean" },
  DateTime: { type: "string", format: "date-time" },
  JSON: {},
};

function schemaOf(type: GraphQLOutputType): JsonSchema | undefined {
  const nullable = getNullableType(type);
  const items = isListType(nullable) && schemaOf(nullable.ofType);
  const schema = items
    ? { type: "array", items }
    : isEnumType(nullable)
      ? { $ref: `#/components/schemas/${nullable.name}` }
      : isScalarType(nullable)
        ? scalars[nullable.name]
        : undefined;
  if (!schema || isNonNullType(type)) return schema;
  return Object.keys(schema).length === 0 ? {} : { anyOf: [schema, { type: "null" }] };
}

/**
 * The JSON Schema of what is answered for a type of the GraphQL schema: its plain fields, as GraphQL
 * describes them, and `more`. `without`: fields that only GraphQL has.
 */
export function answerSchema(
  schema: GraphQLSchema,
  name: string,
  more: Record<string, JsonSchema> = {},
  without: readonly string[] = [],
): JsonSchema {
  const type = schema.getType(name);
  if (!type || !("getFields" in type)) throw new Error(`GraphQL has no type ${name}`);
  const plain = Object.entries(type.getFields()).flatMap(([field, { type, description, args }]) => {
    const found = args?.length || without.includes(field) ? undefined : schemaOf(type);
    return found ? [[field, { ...found, description }] as const] : [];
  });
  const properties = { ...Object.fromEntries(plain), ...more };
  return {
    type: "object",
    description: type.description,
    required: Object.keys(properties),
    properties,
  };
}

/** The JSON Schema of an enum of the GraphQL schema. */
export function enumSchema(schema: GraphQLSchema, name: string): JsonSchema {
  const type = schema.getType(name);
  if (!isEnumType(type)) throw new Error(`GraphQL has no enum ${name}`);
  const meanings = type.getValues().map((it) => `- ${it.name}: ${it.description}`);
  return {
    type: "string",
    enum: type.getValues().map((it) => it.name),
    description: [type.description, ...meanings].join("\n"),
  };
}

/** The descriptions of an input type's fields in the GraphQL schema. */
export function inputDescriptions(schema: GraphQLSchema, name: string): Record<string, string> {
  const type = schema.getType(name);
  if (!type || !("getFields" in type)) return {};
  return Object.fromEntries(
    Object.entries(type.getFields()).map(([field, { description }]) => [field, description ?? ""]),
  );
}
