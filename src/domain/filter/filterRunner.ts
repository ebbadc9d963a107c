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

/** Runs hooks' filters: in place when they are known to be cheap, else in the sandbox. */
export type FilterRunner = {
  /** The verdict, when the budget holds what finding it can cost; otherwise undefined, and nothing was done. */
  tryJudge(
    projectId: string,
    filter: string,
    input: FilterInput,
    budget: StepBudget,
  ): FilterVerdict | undefined;
  /** The verdict. Throws Overloaded when the project has used up its share, unless the caller is patient. */
  judge(
    projectId: string,
    filter: string,
    input: FilterInput,
    patience?: Patience,
  ): Promise<FilterVerdict>;
};

/** At most so many steps (2 ms) of one filter are made in place. */
const IN_PLACE = 40_000;
/** Parsing the largest data there is, and one cheap filter (10 ms). */
const IN_TURN = 200_000;
const CACHE = { bytes: 96_000_000, bytesPerProject: 16_000_000 };
/** A filter that a limit has stopped so often is not run for a while: its other events, and other hooks, go on. */
const MAX_STOPS = 3;
const REST_MS = 600_000;
/** Beside its text, a compiled filter holds at least so many bytes. */
const LEAST_BYTES = 1_000;

export function createFilterRunner(programs: Programs): FilterRunner {
  const cache = createCompiledCache<HookFilter>(CACHE);
  const stops = new LRUCache<string, { count: number; detail: string }>({
    max: 10_000,
    ttl: REST_MS,
  });

  function compiled(projectId: string, text: string): HookFilter {
    const known = cache.get(projectId, text);
    if (known) return known;
    const made = compileStored(text);
    cache.set(projectId, text, made, LEAST_BYTES + text.length * FILTER_BYTES);
    return made;
  }

  const tryJudge: FilterRunner["tryJudge"] = (projectId, text, input, budget) => {
    const isKnown = cache.get(projectId, text) !== undefined;
    if (!isKnown && !budget.spend(text.length * COMPILE_STEPS)) return undefined;
    const filter = compiled(projectId, text);
    const parsing = input.isParsed ? 0 : (input.event.data?.length ?? 0) * PARSE_STEPS;
    if (!budget.spend(parsing)) return undefined;
    const cost = filter.cost(input.weight);
    return cost <= IN_PLACE && budget.spend(cost) ? filter.judge(input) : undefined;
  };

  return {
    tryJudge,
    async judge(projectId, text, input, patience) {
      const verdict = tryJudge(projectId, text, input, createStepBudget(IN_TURN));
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

/** A stored filter was in order when it was saved; one that no longer is matches nothing, and says why. */
function compileStored(text: string): HookFilter {
  try {
    return compileFilter(text);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const verdict = { matched: false, detail: error.message };
    return { text, cost: () => 1, judge: () => verdict };
  }
}
