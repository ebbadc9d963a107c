import { type DocumentNode, type GraphQLError, Kind, type SelectionSetNode, visit } from "graphql";
import { addSaturated, createSelectionFold } from "./foldSelections.ts";
import { limitExceeded, limits } from "./limits.ts";

const isIntrospection = (name: string) => name === "__schema" || name === "__type";

/** Counts the selections of a set that may overlap with others: fragments and repeated fields. */
function overlapsOf(set: SelectionSetNode): number {
  const names = new Set<string>();
  for (const node of set.selections) {
    if (node.kind === Kind.FIELD) names.add((node.alias ?? node.name).value);
  }
  return set.selections.length - names.size;
}

function checkCounts(document: DocumentNode): GraphQLError | null {
  let aliases = 0;
  let directives = 0;
  let overlaps = 0;
  visit(document, {
    Field(node) {
      if (node.alias) aliases++;
    },
    Directive() {
      directives++;
    },
    SelectionSet(node) {
      overlaps += overlapsOf(node);
    },
  });
  if (aliases > limits.aliases) return limitExceeded("Aliases", limits.aliases, aliases);
  if (directives > limits.directives) {
    return limitExceeded("Directives", limits.directives, directives);
  }
  if (overlaps > limits.overlaps) {
    return limitExceeded("Repeated fields and fragments", limits.overlaps, overlaps);
  }
  return null;
}

/**
 * Checks the limits that need no schema: depth, aliases, root fields, directives. They precede
 * validation, whose work grows faster than the document.
 */
export function checkDocumentLimits(document: DocumentNode): GraphQLError | null {
  const narrow = () => undefined;
  const depth = createSelectionFold<undefined>(document, {
    field: (node, _, fold) =>
      isIntrospection(node.name.value) ? 0 : 1 + fold(node.selectionSet, undefined),
    merge: Math.max,
    narrow,
  });
  const rootFields = createSelectionFold<undefined>(document, {
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
