import { ExactNumber } from "../input/exactNumber.ts";
import { parseValue, writeValue } from "../template/templateValue.ts";

/** Paths that are kept of one change; beyond that only the attributes themselves are named. */
const MAX_PATHS = 1_000;
const MAX_CHARACTERS = 65_536;

const isObject = (value: unknown): value is object =>
  typeof value === "object" &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof ExactNumber);

const partOf = (value: unknown, name: string): unknown =>
  isObject(value) && Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;

/**
 * The names of the attributes that differ between two states of a resource (JSON text), with dots for what is inside of
 * them: `price`, `address.city`. Lists differ as a whole. Undefined when they are too many to name.
 */
export function changedAttributes(before: string, after: string): string[] | undefined {
  const states = [parseValue(before), parseValue(after)] as const;
  const deep = pathsOf(...states, Number.POSITIVE_INFINITY);
  return fits(deep) ? deep : ofFew(pathsOf(...states, 1));
}

const fits = (paths: string[]) =>
  paths.length <= MAX_PATHS && paths.reduce((sum, path) => sum + path.length, 0) <= MAX_CHARACTERS;
const ofFew = (paths: string[]) => (fits(paths) ? paths : undefined);

/** PostgreSQL stores neither NUL nor halves of characters. */
const withoutNul = (path: string) => path.toWellFormed().replaceAll("\0", "\ufffd");

function pathsOf(before: unknown, after: unknown, depth: number): string[] {
  const paths: string[] = [];
  const compare = (before: unknown, after: unknown, path: string, depth: number) => {
    const isInside = depth > 0 && (isObject(before) || isObject(after));
    if (!isInside && writeValue(before) !== writeValue(after)) paths.push(path);
    if (!isInside) return;
    // An object that came, went or replaced a value has changed itself, and all that is in it.
    if (path !== "" && !(isObject(before) && isObject(after))) paths.push(path);
    const names = new Set(
      [before, after].flatMap((one) => (isObject(one) ? Object.keys(one) : [])),
    );
    for (const name of names)
      compare(
        partOf(before, name),
        partOf(after, name),
        path ? `${path}.${name}` : name,
        depth - 1,
      );
  };
  compare(before, after, "", depth);
  return paths.map(withoutNul);
}
