import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type SelectionSetNode,
} from "graphql";

type Fold<Parent> = (set: SelectionSetNode | undefined, parent: Parent) => number;

/** Defines the fold. `narrow` returns the parent for a fragment's type condition. */
type Step<Parent> = {
  field: (node: FieldNode, parent: Parent, fold: Fold<Parent>) => number;
  merge: (a: number, b: number) => number;
  narrow: (typeName: string) => Parent;
};

/**
 * Folds selection sets into a number, fragments included. Each fragment is folded once, so the work
 * is linear in the document however fragments nest. A cycle counts as 0; validation rejects it.
 */
export function createSelectionFold<Parent>(
  document: DocumentNode,
  step: Step<Parent>,
): Fold<Parent> {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const node of document.definitions) {
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);
  }
  const known = new Map<string, number>();
  const foldFragment = (name: string): number => {
    const fragment = fragments.get(name);
    const value = known.get(name);
    if (value !== undefined || !fragment) return value ?? 0;
    known.set(name, 0);
    const folded = fold(fragment.selectionSet, step.narrow(fragment.typeCondition.name.value));
    known.set(name, folded);
    return folded;
  };
  const fold: Fold<Parent> = (set, parent) => {
    let total = 0;
    for (const node of set?.selections ?? []) {
      if (node.kind === Kind.FIELD) {
        total = step.merge(total, step.field(node, parent, fold));
      } else if (node.kind === Kind.FRAGMENT_SPREAD) {
        total = step.merge(total, foldFragment(node.name.value));
      } else {
        const condition = node.typeCondition?.name.value;
        const narrowed = condition ? step.narrow(condition) : parent;
        total = step.merge(total, fold(node.selectionSet, narrowed));
      }
    }
    return total;
  };
  return fold;
}

/** Adds with an upper bound, so that the result stays an exact integer. */
export const addSaturated = (a: number, b: number) => Math.min(a + b, 1e9);
