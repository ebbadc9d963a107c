import type { ServerResponse } from "node:http";
import { remembered } from "../util/remembered.ts";
import { send } from "./headers.ts";

/** Throws, or answers false, while this process cannot do its work. */
export type ReadyCheck = () => Promise<boolean>;

/** A prober wants an answer, not patience. */
const READY_MS = 2_000;
const KNOWN_MS = 1_000;

async function isReady(check: ReadyCheck): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), READY_MS);
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

/** 200 when the process can work, else 503; as it was found at most 1 s before, however many ask. */
export function createReady(check: ReadyCheck) {
  const ready = remembered(() => isReady(check), KNOWN_MS);
  return async (res: ServerResponse): Promise<void> => {
    if (await ready()) send(res, 200, text, "ready\n");
    else send(res, 503, text, "not ready\n", { "retry-after": "1" });
  };
}
