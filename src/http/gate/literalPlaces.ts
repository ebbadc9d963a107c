import {
  type ASTVisitor,
  GraphQLError,
  Kind,
  type ValidationContext,
  type ValueNode,
  validateInputLiteral,
} from "graphql";

const inText = (path: readonly (string | number)[]) =>
  path.map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`)).join("");

/**
 * The standard rule ValuesOfCorrectType, plus the location of the error within the value: one of
 * fifty list items may be wrong.
 */
export function literalPlaces(context: ValidationContext): ASTVisitor {
  const check = (node: ValueNode) => {
    const type = node.kind === Kind.LIST ? context.getParentInputType() : context.getInputType();
    if (!type) return false;
    validateInputLiteral(node, type, (error, path) => {
      const message = path.length > 0 ? `At ${inText(path)}: ${error.message}` : error.message;
      context.reportError(new GraphQLError(message, error.nodes ? { nodes: error.nodes } : {}));
    });
    return false;
  };
  return {
    NullValue: check,
    ListValue: check,
    ObjectValue: check,
    EnumValue: check,
    IntValue: check,
    FloatValue: check,
    StringValue: check,
    BooleanValue: check,
  };
}
