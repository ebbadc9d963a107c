/** One problem of a value: the path of the field, and a sentence that says what would be right. */
export type SchemaProblem = { path: string[]; message: string };

/**
 * A problem in goflow's words: `field 'labels[0].uuid' must be a valid UUID4`. `root` decides how the path is written:
 * numbers below an array are indices. The value itself is called `rootName`.
 */
export function problem(
  rootName: string,
  root: unknown,
  path: string[],
  sentence: string,
): SchemaProblem {
  return {
    path: [rootName, ...path],
    message: `field '${fieldName(rootName, root, path)}' ${sentence}`,
  };
}

function fieldName(rootName: string, root: unknown, path: string[]): string {
  let name = "";
  let value = root;
  for (const step of path) {
    const isIndex = Array.isArray(value);
    name += isIndex
      ? `${name === "" ? rootName : ""}[${step}]`
      : `${name === "" ? "" : "."}${step}`;
    value = isContainer(value) && Object.hasOwn(value, step) ? value[step] : undefined;
  }
  return name === "" ? rootName : name;
}

const isContainer = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;
