import type { ServerResponse } from "node:http";
import { remembered } from "../util/remembered.ts";
import { send } from "./headers.ts";

/** Throws or returns false while this process is not ready. */
export type ReadyCheck = () => Promise<boolean>;

/** A readiness probe should get its answer quickly. */
const READY_TIMEOUT_MS = 2_000;
const CACHE_MS = 1_000;

async function isReady(check: ReadyCheck): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), READY_TIMEOUT_MS);
  });
  try {
    return await Promise.race([check(), late]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}

const text = "text/plain; charset=utf-8";

/** The process is alive. */
export const answerAlive = (res: ServerResponse) => send(res, 200, text, "ok\n");

/**
 * Responds 200 if the process is ready, otherwise 503. The result is cached for 1 s, however many
 * probes ask.
 */
export function createReady(check: ReadyCheck) {
  const ready = remembered(() => isReady(check), CACHE_MS);
  return async (res: ServerResponse): Promise<void> => {
    if (await ready()) send(res, 200, text, "ready\n");
    else send(res, 503, text, "not ready\n", { "retry-after": "1" });
  };
}
