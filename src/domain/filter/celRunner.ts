import { LRUCache } from "lru-cache";
import { UserError } from "../../util/userError.ts";
import { createCompiledCache } from "../program/compiledCache.ts";
import { type Patience, ProgramStopped } from "../program/programs.ts";
import { createStepBudget, type StepBudget } from "../program/stepBudget.ts";
import { CEL_BYTES, type CelProgram, COMPILE_STEPS } from "./celProgram.ts";
import { type FilterEvent, type FilterInput, PARSE_STEPS } from "./filterEvent.ts";

/** Evaluates hooks' expressions of one kind: in place when they are known to be cheap, otherwise in the sandbox. */
export type CelRunner<Result> = {
  /** The result, when the budget covers its upper bound; otherwise undefined, and nothing was done. */
  tryEvaluate(
    projectId: string,
    text: string,
    input: FilterInput,
    budget: StepBudget,
  ): Result | undefined;
  /** The result. Throws Overloaded when the project has used up its share, unless `patience` is given. */
  evaluate(
    projectId: string,
    text: string,
    input: FilterInput,
    patience?: Patience,
  ): Promise<Result>;
};

/** The most steps of one expression in place (2 ms). */
const IN_PLACE_STEPS = 40_000;
/** Enough to parse the largest possible data and run one cheap expression (10 ms). */
const PARSE_AND_RUN_STEPS = 200_000;
/**
 * An expression that a limit has stopped this often is not run for 10 minutes, so that other events and other hooks
 * continue.
 */
const MAX_STOPS = 3;
const PAUSE_MS = 600_000;
/** The memory of a compiled expression in addition to its text, at least. */
const MIN_BYTES = 1_000;

export function createCelRunner<Result>({
  what,
  memory,
  compile,
  runInSandbox,
  failed,
}: {
  /** Its name in sentences. */
  what: string;
  memory: { bytes: number; bytesPerProject: number };
  compile: (text: string) => CelProgram<Result>;
  runInSandbox: (
    projectId: string,
    task: { text: string; event: FilterEvent },
    patience?: Patience,
  ) => Promise<Result>;
  /** The result of one that cannot be evaluated. */
  failed: (detail: string) => Result;
}): CelRunner<Result> {
  const cache = createCompiledCache<CelProgram<Result>>(memory);
  const stops = new LRUCache<string, { count: number; detail: string }>({
    max: 10_000,
    ttl: PAUSE_MS,
  });

  /** A stored one was valid when it was saved. One that no longer is fails, and its result says why. */
  function compileStored(text: string): CelProgram<Result> {
    try {
      return compile(text);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      const result = failed(error.message);
      return { text, cost: () => 1, evaluate: () => result };
    }
  }

  function compiled(projectId: string, text: string): CelProgram<Result> {
    const known = cache.get(projectId, text);
    if (known) return known;
    const made = compileStored(text);
    cache.set(projectId, text, made, MIN_BYTES + text.length * CEL_BYTES);
    return made;
  }

  const tryEvaluate: CelRunner<Result>["tryEvaluate"] = (projectId, text, input, budget) => {
    const isKnown = cache.get(projectId, text) !== undefined;
    if (!isKnown && !budget.spend(text.length * COMPILE_STEPS)) return undefined;
    const program = compiled(projectId, text);
    const parsing = input.isParsed ? 0 : (input.event.data?.length ?? 0) * PARSE_STEPS;
    if (!budget.spend(parsing)) return undefined;
    const cost = program.cost(input.weight);
    return cost <= IN_PLACE_STEPS && budget.spend(cost) ? program.evaluate(input) : undefined;
  };

  return {
    tryEvaluate,
    async evaluate(projectId, text, input, patience) {
      const result = tryEvaluate(projectId, text, input, createStepBudget(PARSE_AND_RUN_STEPS));
      if (result) return result;
      const key = `${projectId} ${text}`;
      const stopped = stops.get(key);
      if (stopped && stopped.count >= MAX_STOPS)
        return failed(`${stopped.detail} ${MAX_STOPS} times, and is not run for 10 minutes`);
      try {
        return await runInSandbox(projectId, { text, event: input.event }, patience);
      } catch (error) {
        if (!(error instanceof ProgramStopped)) throw error;
        const detail = `${what} ${error.message}`;
        stops.set(key, { count: (stopped?.count ?? 0) + 1, detail });
        return failed(detail);
      }
    },
  };
}
