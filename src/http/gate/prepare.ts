import {
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  type OperationDefinitionNode as OperationNode,
} from "graphql";
import type { Caller } from "../../graphql/builder/context.ts";
import { requestError } from "../../graphql/gate/requestError.ts";
import { checkRole } from "../../graphql/gate/roles.ts";
import { checkCost } from "./cost.ts";
import { createDocuments } from "./documents.ts";
import { exactVariables } from "./exactVariables.ts";
import { checkVariables } from "./limits.ts";
import type { Operation, Params } from "./operation.ts";
import type { RequestIds } from "./request.ts";

export type ValidateOperation = (
  params: Params,
  caller: Caller,
  request: RequestIds,
) => Operation | { errors: readonly GraphQLError[] };

/** Names the span of a request by its first root field: names of operations are the caller's. */
function tellOperation({ span }: RequestIds, { operation, name, selectionSet }: OperationNode) {
  const [first] = selectionSet.selections;
  const field = first?.kind === Kind.FIELD ? ` ${first.name.value}` : "";
  span?.rename(`${operation}${field}`);
  span?.set({
    "graphql.operation.type": operation,
    ...(name && { "graphql.operation.name": name.value }),
  });
}

/**
 * Creates the checks before execution (document, limits, roles), the same for HTTP and websocket.
 */
export function createValidateOperation(schema: GraphQLSchema): ValidateOperation {
  const read = createDocuments(schema);
  return (params, caller, request) => {
    const tooDeep = checkVariables(params.variables);
    if (tooDeep) return { errors: [tooDeep] };
    const result = read(params.query);
    if ("errors" in result) return result;
    const { document } = result;
    const operation = getOperationAST(document, params.operationName || undefined);
    if (!operation) {
      const message = params.operationName
        ? `The document has no operation ${JSON.stringify(params.operationName)}.`
        : "The document has several operations: operationName must name one.";
      return { errors: [requestError("BAD_REQUEST", message)] };
    }
    let { variables } = params;
    try {
      variables = exactVariables(schema, operation, variables);
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
      return { errors: [error] };
    }
    const error =
      checkCost(schema, document, operation, variables) ??
      checkRole(schema, document, operation, caller.role);
    if (error) return { errors: [error] };
    tellOperation(request, operation);
    return {
      ...{ ...request, caller, document, kind: operation.operation },
      params: { ...params, variables },
    };
  };
}
