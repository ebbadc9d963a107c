import type { ASTNode } from "@marcbachmann/cel-js";
import { patternSize } from "./filterPattern.ts";

/** The size of an event: the characters of its JSON, and the number of entries of its longest list or object. */
export type EventWeight = { size: number; items: number };

/**
 * An upper bound on the work of a filter, in steps of roughly 50 ns, from its syntax tree alone. It is never less than
 * the filter's cost for an event of this weight; unknown functions cost Infinity. So a filter runs in place only when
 * it is known to be cheap, and in the sandbox otherwise.
 */
export function filterCost(ast: ASTNode, event: EventWeight): number {
  return boundOf(ast, { event, variables: new Map() }).cost;
}

/**
 * Upper bounds on the cost and result of a part of a filter: `length` counts characters or entries, `items` only
 * entries, and `size` everything that a comparison may have to read.
 */
type Bound = { cost: number; length: number; items: number; size: number };
type Scope = { event: EventWeight; variables: Map<string, Bound> };

/** List macros visit at most this many elements; `hardenFilter` enforces it. */
export const MAX_ITERATIONS = 1_000;
export const comprehensions = new Set(["all", "exists", "exists_one", "map", "filter"]);

/** One step of the evaluator takes about as long as four steps here. */
const NODE = 4;
const scalar: Bound = { cost: NODE, length: 1, items: 1, size: 1 };

export const isNode = (value: unknown): value is ASTNode =>
  typeof value === "object" && value !== null && "op" in value && "args" in value;

const isScalarLiteral = (node: ASTNode) => node.op === "value";
const sum = (bounds: Bound[], of: keyof Bound) =>
  bounds.reduce((total, bound) => total + bound[of], 0);

function boundOf(node: ASTNode, scope: Scope): Bound {
  const of = (part: ASTNode) => boundOf(part, scope);
  switch (node.op) {
    case "value": {
      const size = typeof node.args === "string" ? node.args.length : 1;
      return { cost: NODE, length: size, items: 1, size };
    }
    case "id": {
      const { event, variables } = scope;
      return (
        variables.get(node.args) ?? {
          cost: NODE,
          length: event.size,
          items: event.items,
          size: event.size,
        }
      );
    }
    case ".":
    case ".?": {
      const from = of(node.args[0]);
      return { ...from, cost: from.cost + NODE };
    }
    case "[]":
    case "[?]": {
      const [from, key] = [of(node.args[0]), of(node.args[1])];
      return { ...from, cost: from.cost + key.cost + key.length + NODE };
    }
    case "list":
      return literalBound(node.args.map(of));
    case "map":
      return literalBound(node.args.flat().map(of));
    case "!_":
    case "-_":
      return { ...scalar, cost: of(node.args).cost + NODE };
    case "?:":
      return together(node.args.map(of), NODE);
    case "call":
      return callBound(node.args[0], node.args[1], scope);
    case "rcall":
      return methodBound(node.args, scope);
    default:
      return operatorBound(node, scope);
  }
}

/**
 * For an expression that contains its parts or yields one of them: the sums bound both, also over the elements of a
 * list.
 */
const together = (parts: Bound[], cost: number): Bound => ({
  cost: sum(parts, "cost") + cost,
  length: sum(parts, "length"),
  items: sum(parts, "items"),
  size: sum(parts, "size"),
});

/** Its entries may be lists longer than itself. */
function literalBound(parts: Bound[]): Bound {
  const { cost, items, size } = together(parts, parts.length * NODE);
  return {
    cost,
    length: size + parts.length,
    items: items + parts.length,
    size: size + parts.length,
  };
}

function operatorBound({ op, args }: ASTNode, scope: Scope): Bound {
  if (!Array.isArray(args) || args.length !== 2 || !args.every(isNode)) return unknown;
  const [a, b] = args as [ASTNode, ASTNode];
  const [left, right] = [boundOf(a, scope), boundOf(b, scope)];
  const cost = left.cost + right.cost + NODE;
  switch (op) {
    case "&&":
    case "||":
    case "-":
    case "*":
    case "/":
    case "%":
      return { ...scalar, cost };
    case "+": {
      const joined = together([left, right], NODE);
      return { ...joined, cost: joined.cost + joined.length };
    }
    case "in":
      // Each element is compared with the value, and a comparison reads no more than the smaller of the two.
      return { ...scalar, cost: cost + left.size + 2 * (right.items + right.size) };
    case "==":
    case "!=":
    case "<":
    case "<=":
    case ">":
    case ">=": {
      const isShort = isScalarLiteral(a) || isScalarLiteral(b);
      const looks = isShort ? Math.min(left.size, right.size) : 2 * (left.size + right.size);
      return { ...scalar, cost: cost + looks };
    }
    default:
      return unknown;
  }
}

const unknown: Bound = { ...scalar, cost: Number.POSITIVE_INFINITY };

/** Functions that read their arguments once, and what they yield. */
const readers: Record<string, "scalar" | "same"> = {
  size: "scalar",
  dyn: "same",
  type: "scalar",
  bool: "scalar",
  int: "scalar",
  uint: "scalar",
  double: "scalar",
  string: "same",
  bytes: "same",
  contains: "scalar",
  indexOf: "scalar",
  lastIndexOf: "scalar",
  lowerAscii: "same",
  upperAscii: "same",
  trim: "same",
  substring: "same",
  split: "same",
  of: "same",
  none: "scalar",
  or: "same",
  orValue: "same",
  value: "same",
  hasValue: "scalar",
};
/** The longest text of a number. */
const NUMBER_CHARACTERS = 32;
/** Parts of a time. With a time zone they are found by formatting the time. */
const timeParts = /^get(Date|Day|Full|Hours|Milli|Minutes|Month|Seconds)/;
const TIME_PART = 2_000;

function readerBound(name: string, parts: Bound[]): Bound | undefined {
  const yields = Object.hasOwn(readers, name) ? readers[name] : undefined;
  if (yields === undefined) return undefined;
  const cost = sum(parts, "cost") + sum(parts, "length") + NODE;
  if (yields === "scalar") return { ...scalar, cost };
  const { length, items, size } = together(parts, 0);
  const longer = length + NUMBER_CHARACTERS;
  return { cost, length: longer, items: name === "split" ? longer : items, size: size + longer };
}

function callBound(name: string, args: ASTNode[], scope: Scope): Bound {
  const parts = args.map((part) => boundOf(part, scope));
  if (name === "has") return { ...scalar, cost: sum(parts, "cost") + NODE };
  if (name === "timestamp") return { ...scalar, cost: sum(parts, "cost") + TIME_PART };
  // Finding a duration's parts is quadratic in the length of the text, so only literals are bounded.
  if (name === "duration" && args.every(isScalarLiteral)) return { ...scalar, cost: TIME_PART };
  return readerBound(name, parts) ?? unknown;
}

type Method = [name: string, receiver: ASTNode, args: ASTNode[]];

function methodBound([name, receiver, args]: Method, scope: Scope): Bound {
  if (receiver.op === "id" && receiver.args === "cel" && name === "bind") {
    const [variable, value, body] = args;
    if (!variable || !value || !body) return unknown;
    const bound = boundOf(value, scope);
    const inner = boundOf(body, withVariable(scope, variable, bound));
    return { ...inner, cost: bound.cost + inner.cost + NODE };
  }
  const on = boundOf(receiver, scope);
  if (comprehensions.has(name)) return comprehensionBound(name, on, args, scope);
  const parts = [on, ...args.map((part) => boundOf(part, scope))];
  const cost = sum(parts, "cost");
  if (name === "matches" || name === SAFE_MATCHES) {
    const [pattern] = args;
    const text = pattern?.op === "value" ? pattern.args : null;
    const size = typeof text === "string" ? patternSize(text) : Number.POSITIVE_INFINITY;
    return { ...scalar, cost: cost + size * (50 + on.length / 4) };
  }
  if (name === "join" && args.every(isScalarLiteral)) {
    const length = on.size + on.items * (parts[1]?.length ?? 0);
    return { cost: cost + length + NODE, length, items: 1, size: length };
  }
  // These read only as much of the text as the argument is long.
  if (name === "startsWith" || name === "endsWith")
    return { ...scalar, cost: cost + (parts[1]?.length ?? 0) + NODE };
  if (timeParts.test(name)) return { ...scalar, cost: cost + TIME_PART };
  return readerBound(name, parts) ?? unknown;
}

/** The name that `hardenFilter` gives to `matches`. */
export const SAFE_MATCHES = "matchesInLinearTime";

/**
 * The elements share the size of their list. Every cost here grows at most linearly with an element's size, so all
 * elements cost no more than the same number of average ones.
 */
function comprehensionBound(name: string, on: Bound, args: ASTNode[], scope: Scope): Bound {
  const [variable, ...bodies] = args;
  if (!variable) return unknown;
  const times = Math.max(1, Math.min(on.items, MAX_ITERATIONS));
  const each = on.size / times;
  const element = { cost: NODE, length: each, items: each, size: each };
  const inner = withVariable(scope, variable, element);
  const { cost, size } = together(
    bodies.map((body) => boundOf(body, inner)),
    2 * NODE,
  );
  if (name === "filter") return { ...on, cost: on.cost + times * cost };
  if (name !== "map") return { ...scalar, cost: on.cost + times * cost };
  const made = times * (1 + size);
  return { cost: on.cost + times * cost, length: made, items: made, size: made };
}

function withVariable({ event, variables }: Scope, name: ASTNode, bound: Bound): Scope {
  const inner = new Map(variables);
  if (name.op === "id") inner.set(name.args, { ...bound, cost: NODE });
  return { event, variables: inner };
}
