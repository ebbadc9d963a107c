import type { Programs } from "../program/programs.ts";
import { type CelRunner, createCelRunner } from "./celRunner.ts";
import { compileFilter, type FilterVerdict } from "./hookFilter.ts";
import { compileOrderBy, type OrderKey } from "./orderBy.ts";

/** Runs hooks' filters, and the expressions of their order. */
export type FilterRunner = CelRunner<FilterVerdict> & { order: CelRunner<OrderKey> };

export const createFilterRunner = (programs: Programs): FilterRunner => ({
  ...createCelRunner<FilterVerdict>({
    what: "the filter",
    memory: { bytes: 96_000_000, bytesPerProject: 16_000_000 },
    compile: compileFilter,
    runInSandbox: (projectId, { text: filter, event }, patience) =>
      programs.run(projectId, "filter", { filter, event }, patience),
    failed: (detail) => ({ matched: false, detail }),
  }),
  order: createCelRunner<OrderKey>({
    what: "the orderBy",
    memory: { bytes: 32_000_000, bytesPerProject: 8_000_000 },
    compile: compileOrderBy,
    runInSandbox: (projectId, { text: orderBy, event }, patience) =>
      programs.run(projectId, "orderKey", { orderBy, event }, patience),
    failed: (detail) => ({ key: null, detail }),
  }),
});
