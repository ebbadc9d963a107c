import { type FieldNode, GraphQLError, parse, type SelectionSetNode } from "graphql";
import { LRUCache } from "lru-cache";
import { payloadLimits } from "./payloadLimits.ts";

/** A selected field: its name, its place in the text, and what is selected of it; null for all of it. */
type Selected = { name: string; place: string; fields: Selection | null };
/** The selected fields by the names that they have in the result. */
export type Selection = Map<string, Selected>;

/** Thrown for a text that is no selection; the message says why and where. */
export class SelectionMistake extends Error {
  override name = "SelectionMistake" as const;
}

const { selectionCharacters, selectionDepth, selectionFields } = payloadLimits;
/** The memory of a compiled selection, per character. */
const BYTES = 60;
const compiled = new LRUCache<string, Selection>({
  maxSize: 16_000_000,
  sizeCalculation: (_selection, text) => text.length * BYTES + 1_000,
});

const placeOf = (node: { loc?: { startToken: { line: number; column: number } } | undefined }) =>
  node.loc ? `line ${node.loc.startToken.line}, column ${node.loc.startToken.column}` : "";

const mistakeAt = (node: Parameters<typeof placeOf>[0], message: string) =>
  new SelectionMistake(`${message} (${placeOf(node)})`);

/** Reads a GraphQL selection such as `{ id data { amount } }`. Throws SelectionMistake. */
export function compileSelection(text: string): Selection {
  const known = compiled.get(text);
  if (known) return known;
  const set = rootOf(text);
  let count = 0;

  function collect(set: SelectionSetNode, depth: number, into: Selection): Selection {
    if (depth > selectionDepth)
      throw mistakeAt(set, `may be nested ${selectionDepth} levels deep at most`);
    if (set.selections.length === 0) throw mistakeAt(set, "must select something");
    for (const node of set.selections) {
      if (node.kind !== "Field") throw mistakeAt(node, "can't hold fragments");
      count += 1;
      if (count > selectionFields)
        throw mistakeAt(node, `may have ${selectionFields} fields at most`);
      add(node, depth, into);
    }
    return into;
  }

  function add(node: FieldNode, depth: number, into: Selection) {
    const [argument] = node.arguments ?? [];
    if (argument) throw mistakeAt(argument, "can't hold arguments");
    const [directive] = node.directives ?? [];
    if (directive) throw mistakeAt(directive, "can't hold directives");
    const name = node.name.value;
    const key = node.alias?.value ?? name;
    const before = into.get(key);
    const isWhole = node.selectionSet === undefined;
    if (before && (before.name !== name || (before.fields === null) !== isWhole))
      throw mistakeAt(node, `selects two different things as '${key}'`);
    const fields = node.selectionSet
      ? collect(node.selectionSet, depth + 1, before?.fields ?? new Map())
      : null;
    if (!before) into.set(key, { name, place: placeOf(node), fields });
  }

  const selection = collect(set, 1, new Map());
  compiled.set(text, selection);
  return selection;
}

function rootOf(text: string): SelectionSetNode {
  if (text.length > selectionCharacters)
    throw new SelectionMistake(`must have at most ${selectionCharacters} characters`);
  let document: ReturnType<typeof parse>;
  try {
    document = parse(text, { maxTokens: selectionFields * 10 });
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    const [at] = error.locations ?? [];
    const place = at ? ` (line ${at.line}, column ${at.column})` : "";
    throw new SelectionMistake(`is not GraphQL: ${error.message}${place}`);
  }
  const [first, second] = document.definitions;
  if (first?.kind !== "OperationDefinition" || first.operation !== "query")
    throw mistakeAt(first ?? {}, "must be a selection such as { id data { amount } }");
  if (second) throw mistakeAt(second, "must be one selection");
  const [variable] = first.variableDefinitions ?? [];
  if (variable) throw mistakeAt(variable, "can't hold variables");
  const [directive] = first.directives ?? [];
  if (directive) throw mistakeAt(directive, "can't hold directives");
  return first.selectionSet;
}
