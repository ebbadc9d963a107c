import { type DocumentNode, type GraphQLError, Kind, visit } from "graphql";
import { addSaturated, createFold } from "./fold.ts";
import { limitExceeded, limits } from "./limits.ts";

const isIntrospection = (name: string) => name === "__schema" || name === "__type";

function checkCounts(document: DocumentNode): GraphQLError | null {
  let aliases = 0;
  let directives = 0;
  let selections = 0;
  visit(document, {
    Field(node) {
      if (node.alias) aliases++;
    },
    Directive() {
      directives++;
    },
    SelectionSet(node) {
      selections = Math.max(selections, node.selections.length);
    },
  });
  if (aliases > limits.aliases) return limitExceeded("Aliases", limits.aliases, aliases);
  if (directives > limits.directives) {
    return limitExceeded("Directives", limits.directives, directives);
  }
  if (selections > limits.selections) {
    return limitExceeded("Fields side by side", limits.selections, selections);
  }
  return null;
}

/**
 * The limits that need no schema: depth, aliases, root fields, directives. They are checked before validation,
 * whose own work grows faster than the document.
 */
export function checkShape(document: DocumentNode): GraphQLError | null {
  const narrow = () => undefined;
  const depth = createFold<undefined>(document, {
    field: (node, _, fold) =>
      isIntrospection(node.name.value) ? 0 : 1 + fold(node.selectionSet, undefined),
    merge: Math.max,
    narrow,
  });
  const rootFields = createFold<undefined>(document, {
    field: (node) => (isIntrospection(node.name.value) ? 0 : 1),
    merge: addSaturated,
    narrow,
  });
  for (const node of document.definitions) {
    if (node.kind !== Kind.OPERATION_DEFINITION) continue;
    const roots = rootFields(node.selectionSet, undefined);
    if (roots > limits.rootFields) return limitExceeded("Root fields", limits.rootFields, roots);
    const deepest = depth(node.selectionSet, undefined);
    if (deepest > limits.depth) return limitExceeded("Depth", limits.depth, deepest);
  }
  return checkCounts(document);
}
