import {
  type DocumentNode,
  type FieldNode,
  type GraphQLError,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
} from "graphql";
import { DEFAULT_PAGE } from "../../graphql/page/connection.ts";
import { addSaturated, createSelectionFold } from "./foldSelections.ts";
import { limitExceeded, limits } from "./limits.ts";

/**
 * Estimates the cost of an operation before it runs. Each object costs 1, scalars nothing. The
 * contents of a connection count once per requested row; a plain list counts as five. Introspection
 * is counted separately, by the typical list lengths in a schema of this size.
 */
const PLAIN_LIST = 5;
const introspectionLists: Readonly<Record<string, number>> = {
  types: 100,
  possibleTypes: 20,
  fields: 10,
  inputFields: 10,
  enumValues: 10,
  directives: 10,
  args: 3,
  interfaces: 2,
};
type Variables = Readonly<Record<string, unknown>> | null | undefined;
type Parent = GraphQLNamedType | undefined;

/** The number that an argument gives: a literal, a variable's value or its default. */
function numberArgument(
  node: FieldNode,
  names: readonly string[],
  operation: OperationDefinitionNode,
  variables: Variables,
): number | undefined {
  for (const argument of node.arguments ?? []) {
    if (!names.includes(argument.name.value)) continue;
    let { value } = argument;
    if (value.kind === Kind.VARIABLE) {
      const name = value.name.value;
      const given = variables?.[name];
      if (typeof given === "number") return given;
      const declared = operation.variableDefinitions?.find((it) => it.variable.name.value === name);
      if (given !== undefined || !declared?.defaultValue) continue;
      value = declared.defaultValue;
    }
    if (value.kind === Kind.INT) return Number(value.value);
  }
  return undefined;
}

/**
 * Returns LIMIT_EXCEEDED if the operation costs too much. The document must be validated before.
 */
export function checkCost(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Variables,
): GraphQLError | null {
  const narrow = (name: string): Parent => schema.getType(name);
  let introspection = 0;
  const introspect = createSelectionFold<Parent>(document, {
    field(node, _, fold) {
      const length = introspectionLists[node.name.value];
      const below = fold(node.selectionSet, undefined);
      return length === undefined ? below : length * (1 + below);
    },
    merge: addSaturated,
    narrow,
  });
  const objects = createSelectionFold<Parent>(document, {
    field(node, parent, fold) {
      const name = node.name.value;
      if (name.startsWith("__")) {
        introspection += introspect(node.selectionSet, undefined);
        return 0;
      }
      const fields = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields() : {};
      const type = getNamedType(fields[name]?.type);
      if (!isCompositeType(type)) return 0;
      const below = fold(node.selectionSet, type);
      if (type.name.endsWith("Connection")) {
        const asked = numberArgument(node, ["first", "last"], operation, variables);
        return 1 + Math.max(asked ?? DEFAULT_PAGE, 0) * (1 + below);
      }
      // The connection field has already multiplied by the page size.
      if (parent?.name.endsWith("Connection") || parent?.name.endsWith("Edge")) return below;
      return (isListType(getNullableType(fields[name]?.type)) ? PLAIN_LIST : 1) * (1 + below);
    },
    merge: addSaturated,
    narrow,
  });
  const root = schema.getRootType(operation.operation) ?? undefined;
  const cost = objects(operation.selectionSet, root);
  if (cost > limits.cost) return limitExceeded("Cost", limits.cost, cost);
  if (introspection > limits.introspection) {
    return limitExceeded("Cost of introspection", limits.introspection, introspection);
  }
  return null;
}
