import { LRUCache } from "lru-cache";
import type { PayloadRow } from "../../db/hook/hooks.ts";
import type { ScopeEvent } from "../event/eventScope.ts";
import { ProgramStopped, type Programs } from "../program/programs.ts";
import { TemplateFailure } from "../template/templateFailure.ts";

/** Makes the bodies of hooks with a template, in the sandbox. */
export type PayloadRunner = {
  /** Why a template can never be rendered; null if it may be. Throws Overloaded. */
  templateProblem(projectId: string, template: string): Promise<string | null>;
  /**
   * The body of a hook with a template for an event. Throws TemplateFailure, and Overloaded when the project has used
   * up its share of processor time.
   */
  render(
    projectId: string,
    payload: PayloadRow,
    event: { event: ScopeEvent; source: string },
  ): Promise<string>;
};

/** One that a limit has stopped this often is not run for 10 minutes, so that the project's others continue. */
const MAX_STOPS = 3;
const PAUSE_MS = 600_000;

export function createPayloadRunner(programs: Programs): PayloadRunner {
  const stops = new LRUCache<string, { count: number; detail: string }>({
    max: 1_000,
    maxSize: 16_000_000,
    sizeCalculation: (_stop, key) => key.length * 2 + 200,
    ttl: PAUSE_MS,
  });

  return {
    async templateProblem(projectId, template) {
      try {
        return await programs.run(projectId, "templateProblem", template);
      } catch (error) {
        if (error instanceof ProgramStopped) return `it ${error.message}`;
        throw error;
      }
    },
    async render(projectId, { template }, { event, source }) {
      if (template === null) throw new Error("there is nothing to make a body with");
      const key = `${projectId} ${template}`;
      const stopped = stops.get(key);
      if (stopped && stopped.count >= MAX_STOPS)
        throw new TemplateFailure(
          `${stopped.detail} ${MAX_STOPS} times, and is not run for 10 minutes`,
        );
      try {
        return await programs.run(projectId, "renderPayload", { template, event, source });
      } catch (error) {
        if (!(error instanceof ProgramStopped)) throw error;
        const detail = `it ${error.message}`;
        stops.set(key, { count: (stopped?.count ?? 0) + 1, detail });
        throw new TemplateFailure(detail);
      }
    },
  };
}
