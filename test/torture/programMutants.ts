import type { Patch } from "./kit/patch.ts";

/** The mutants of programs that count as cheap. */
export const programMutants: { name: string; row: "T32"; patches: Patch[] }[] = [
  {
    row: "T32",
    name: "every filter counts as cheap",
    patches: [
      {
        file: "src/domain/filter/celRunner.ts",
        find: "return cost <= IN_PLACE_STEPS && budget.spend(cost) ? program.evaluate(input) : undefined;",
        replace: "return program.evaluate(input);",
      },
    ],
  },
  {
    row: "T32",
    name: "a check of a schema in place counts no steps",
    patches: [
      {
        file: "src/domain/eventType/schemaChecks.ts",
        find: 'return check?.(plainJson(data), "data", IN_PLACE_STEPS);',
        replace: 'return check?.(plainJson(data), "data", 4_000_000);',
      },
    ],
  },
];
