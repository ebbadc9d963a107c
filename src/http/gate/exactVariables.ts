import {
  type GraphQLInputType,
  type GraphQLSchema,
  getNullableType,
  isInputObjectType,
  isListType,
  type OperationDefinitionNode,
  typeFromAST,
} from "graphql";
import { requestError } from "../../graphql/gate/requestError.ts";
import {
  isChanged,
  jsonEntries,
  jsonItems,
  jsonText,
  plainJson,
} from "../../util/json/exactJson.ts";
import type { Params } from "./operation.ts";

/** Converts a number for a type other than JSON. Rejects digits that would be lost silently. */
function numberFor(typeName: string, number: unknown): unknown {
  const source = jsonText(number);
  if (!/^-?\d+$/.test(source) || Number.isSafeInteger(Number(source))) return Number(source);
  if (typeName === "ID") return source;
  throw requestError("BAD_REQUEST", `${typeName} cannot hold ${source}: send it as text.`);
}

function exactly(type: GraphQLInputType | undefined, value: unknown): unknown {
  const nullable = type && getNullableType(type);
  if (!nullable || typeof value !== "object" || value === null) return plainJson(value);
  if (isListType(nullable)) {
    if (!Array.isArray(value)) return exactly(nullable.ofType, value);
    return jsonItems(value).map((item) => exactly(nullable.ofType, item));
  }
  if (nullable.name === "JSON") return value;
  if (value instanceof Number) return numberFor(nullable.name, value);
  if (!isInputObjectType(nullable) || !isChanged(value)) return value;
  const fields = nullable.getFields();
  return Object.fromEntries(
    jsonEntries(value).map(([name, part]) => [name, exactly(fields[name]?.type, part)]),
  );
}

/**
 * Keeps the exact digits of numbers in JSON positions of the variables. Everywhere else numbers
 * become JavaScript numbers, as GraphQL's types expect.
 */
export function exactVariables(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  variables: Params["variables"],
): Params["variables"] {
  if (!isChanged(variables) || !variables) return variables;
  const types = new Map(
    variableDefinitions.map(({ variable, type }) => [
      variable.name.value,
      typeFromAST(schema, type),
    ]),
  );
  return Object.fromEntries(
    jsonEntries(variables).map(([name, value]) => [
      name,
      exactly(types.get(name) as GraphQLInputType | undefined, value),
    ]),
  );
}
