/**
 * How much work one check may be, in steps of roughly 50 ns. JSON Schema can ask for work that is the product
 * of schema and data, and, by references, exponential in either: `anyOf` of twice the same reference doubles at
 * every level. Steps are counted, not timed, so that a check never depends on how busy the machine is.
 */
export const maxSteps = 4_000_000;

/** Counts the steps of one check; throws `TooManySteps` beyond those it was reset to. */
export type Meter = {
  reset: (steps: number) => void;
  spend: (steps: number) => void;
  /** Called where a subschema of some weight meets a value, with the number of errors found before. */
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
    // ajv copies the errors found so far when it comes back from a reference.
    enter: (weight, value, errors) => spend(weight * (1 + (width(value) >> 5)) + (errors >> 5)),
  };
}

/** How much of a value a keyword may look at by itself. */
function width(value: unknown): number {
  if (typeof value === "string" || Array.isArray(value)) return value.length;
  return typeof value === "object" && value !== null ? Object.keys(value).length : 0;
}
