import { LRUCache } from "lru-cache";
import { UserError } from "../../util/userError.ts";
import { createCompiledCache } from "../program/compiledCache.ts";
import { type Patience, ProgramStopped, type Programs } from "../program/programs.ts";
import { createStepBudget, type StepBudget } from "../program/stepBudget.ts";
import { type FilterInput, PARSE_STEPS } from "./filterEvent.ts";
import {
  COMPILE_STEPS,
  compileFilter,
  FILTER_BYTES,
  type FilterVerdict,
  type HookFilter,
} from "./hookFilter.ts";

/** Runs hooks' filters: in place when they are known to be cheap, otherwise in the sandbox. */
export type FilterRunner = {
  /** The verdict, when the budget covers its upper bound; otherwise undefined, and nothing was done. */
  tryEvaluate(
    projectId: string,
    filter: string,
    input: FilterInput,
    budget: StepBudget,
  ): FilterVerdict | undefined;
  /** The verdict. Throws Overloaded when the project has used up its share, unless `patience` is given. */
  evaluate(
    projectId: string,
    filter: string,
    input: FilterInput,
    patience?: Patience,
  ): Promise<FilterVerdict>;
};

/** The most steps of one filter in place (2 ms). */
const IN_PLACE_STEPS = 40_000;
/** Enough to parse the largest possible data and run one cheap filter (10 ms). */
const PARSE_AND_RUN_STEPS = 200_000;
const CACHE = { bytes: 96_000_000, bytesPerProject: 16_000_000 };
/**
 * A filter that a limit has stopped this often is not run for 10 minutes, so that other events and other hooks
 * continue.
 */
const MAX_STOPS = 3;
const PAUSE_MS = 600_000;
/** The memory of a compiled filter in addition to its text, at least. */
const MIN_BYTES = 1_000;

export function createFilterRunner(programs: Programs): FilterRunner {
  const cache = createCompiledCache<HookFilter>(CACHE);
  const stops = new LRUCache<string, { count: number; detail: string }>({
    max: 10_000,
    ttl: PAUSE_MS,
  });

  function compiled(projectId: string, text: string): HookFilter {
    const known = cache.get(projectId, text);
    if (known) return known;
    const made = compileStored(text);
    cache.set(projectId, text, made, MIN_BYTES + text.length * FILTER_BYTES);
    return made;
  }

  const tryEvaluate: FilterRunner["tryEvaluate"] = (projectId, text, input, budget) => {
    const isKnown = cache.get(projectId, text) !== undefined;
    if (!isKnown && !budget.spend(text.length * COMPILE_STEPS)) return undefined;
    const filter = compiled(projectId, text);
    const parsing = input.isParsed ? 0 : (input.event.data?.length ?? 0) * PARSE_STEPS;
    if (!budget.spend(parsing)) return undefined;
    const cost = filter.cost(input.weight);
    return cost <= IN_PLACE_STEPS && budget.spend(cost) ? filter.evaluate(input) : undefined;
  };

  return {
    tryEvaluate,
    async evaluate(projectId, text, input, patience) {
      const verdict = tryEvaluate(projectId, text, input, createStepBudget(PARSE_AND_RUN_STEPS));
      if (verdict) return verdict;
      const key = `${projectId} ${text}`;
      const stopped = stops.get(key);
      if (stopped && stopped.count >= MAX_STOPS) {
        const detail = `${stopped.detail} ${MAX_STOPS} times, and is not run for 10 minutes`;
        return { matched: false, detail };
      }
      try {
        return await programs.run(
          projectId,
          "filter",
          { filter: text, event: input.event },
          patience,
        );
      } catch (error) {
        if (!(error instanceof ProgramStopped)) throw error;
        const detail = `the filter ${error.message}`;
        stops.set(key, { count: (stopped?.count ?? 0) + 1, detail });
        return { matched: false, detail };
      }
    },
  };
}

/** A stored filter was valid when it was saved. One that no longer is matches nothing, and its verdict says why. */
function compileStored(text: string): HookFilter {
  try {
    return compileFilter(text);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const verdict = { matched: false, detail: error.message };
    return { text, cost: () => 1, evaluate: () => verdict };
  }
}
