import { LRUCache } from "lru-cache";
import type { PayloadRow } from "../../db/hook/hooks.ts";
import { ProgramStopped, type Programs } from "../program/programs.ts";
import { runInPlace } from "../program/programsInPlace.ts";
import { TemplateFailure } from "../template/templateFailure.ts";
import type { PayloadInput } from "./payloadPrograms.ts";
import type { PayloadEvent } from "./payloadScope.ts";

/** Makes the bodies of hooks with a template or a selection: in the sandbox, unless it is known to be cheap. */
export type PayloadRunner = {
  /** Why a template can never be rendered; null if it may be. Throws Overloaded. */
  templateProblem(projectId: string, template: string): Promise<string | null>;
  /**
   * The body of such a hook for an event. Throws TemplateFailure, and Overloaded when the project has used
   * up its share of processor time.
   */
  render(projectId: string, payload: PayloadRow, event: PayloadEvent): Promise<string>;
};

/** One that a limit has stopped this often is not run for 10 minutes, so that the project's others continue. */
const MAX_STOPS = 3;
const PAUSE_MS = 600_000;
/** Characters of data that a selection is made of in this process: about 2 ms. */
const IN_PLACE_CHARACTERS = 32_768;

export function createPayloadRunner(programs: Programs): PayloadRunner {
  const stops = new LRUCache<string, { count: number; detail: string }>({
    max: 1_000,
    maxSize: 16_000_000,
    sizeCalculation: (_stop, key) => key.length * 2 + 200,
    ttl: PAUSE_MS,
  });

  async function render(projectId: string, input: PayloadInput): Promise<string> {
    const { template, selection, event } = input;
    // A selection takes no longer than to read the data and to write its result.
    if (selection !== null && (event.data?.length ?? 0) <= IN_PLACE_CHARACTERS)
      return runInPlace("renderPayload", input);
    const key = `${projectId} ${template ?? selection}`;
    const stopped = stops.get(key);
    if (stopped && stopped.count >= MAX_STOPS)
      throw new TemplateFailure(
        `${stopped.detail} ${MAX_STOPS} times, and is not run for 10 minutes`,
      );
    try {
      return await programs.run(projectId, "renderPayload", input);
    } catch (error) {
      if (!(error instanceof ProgramStopped)) throw error;
      const detail = `it ${error.message}`;
      stops.set(key, { count: (stopped?.count ?? 0) + 1, detail });
      throw new TemplateFailure(detail);
    }
  }

  return {
    async templateProblem(projectId, template) {
      try {
        return await programs.run(projectId, "templateProblem", template);
      } catch (error) {
        if (error instanceof ProgramStopped) return `it ${error.message}`;
        throw error;
      }
    },
    async render(projectId, { template, selection }, { event, source }) {
      const what = selection === null ? "template" : "selection";
      try {
        return await render(projectId, { template, selection, event, source });
      } catch (error) {
        if (!(error instanceof TemplateFailure)) throw error;
        throw new TemplateFailure(`${what}: ${error.message}`);
      }
    },
  };
}
