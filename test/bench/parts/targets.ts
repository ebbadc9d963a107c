import type { Part } from "../part.ts";
import { aimOf } from "../table/aimOf.ts";
import { compare } from "../table/compare.ts";

/** Every figure that the hub has a target for. */
export const targets: Part = {
  name: "targets",
  async *measure(bench) {
    for await (const { what, values, ...aim } of compare(bench, [{}])) {
      const [figure = Number.NaN] = values;
      yield { what, figure, ...aimOf(aim, figure) };
    }
  },
};
