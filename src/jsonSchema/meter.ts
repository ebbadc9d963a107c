/**
 * The most work of one check, in steps of roughly 50 ns. The work of JSON Schema can be the product of schema and data
 * and, with references, exponential in either: `anyOf` with the same reference twice doubles at every level. Steps are
 * counted, not timed, so that a check never depends on how busy the machine is.
 */
export const maxSteps = 4_000_000;

/** Counts the steps of one check. Throws `TooManySteps` beyond the number given to `reset`. */
export type Meter = {
  reset: (steps: number) => void;
  spend: (steps: number) => void;
  /** Called where a subschema of some weight is applied to a value, with the number of errors found before. */
  enter: (weight: number, value: unknown, errors: number) => void;
};

export class TooManySteps extends Error {
  override name = "TooManySteps" as const;
}

export function openMeter(): Meter {
  let left = maxSteps;
  const spend = (steps: number) => {
    left -= steps;
    if (left < 0) throw new TooManySteps("the check takes too many steps");
  };
  return {
    reset(steps) {
      left = steps;
    },
    spend,
    // ajv copies the errors found so far when it returns from a reference.
    enter: (weight, value, errors) => spend(weight * (1 + (width(value) >> 5)) + (errors >> 5)),
  };
}

/** How much of a value one keyword may read. */
function width(value: unknown): number {
  if (typeof value === "string" || Array.isArray(value)) return value.length;
  return typeof value === "object" && value !== null ? Object.keys(value).length : 0;
}
