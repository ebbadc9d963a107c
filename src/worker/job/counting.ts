import { setTimeout as delay } from "node:timers/promises";
import type { Pool } from "../../db/connection/client.ts";
import { uncountedProjects } from "../../db/statistics/statistics.ts";
import { rollUp } from "../../domain/statistics/rollUp.ts";
import type { Logger } from "../../log.ts";
import { poll } from "../poller.ts";
import type { OnFeed } from "./scheduler.ts";

/** Statistics are late by this and the time of counting. */
const SOON_MS = 2_000;
/** In case a hint was lost. */
const EVERY_MS = 30_000;
/** The part of a process's time that goes into counting, of all projects: the rest belongs to what happens now. */
const SHARE = 1 / 3;

/** Adds what happened to the projects' statistics: a page of each in turn, so that a busy project holds up no other. */
export function startCounting(sql: Pool, log: Logger, onFeed: OnFeed): AsyncDisposable {
  const warn = (err: unknown, projectId?: string) =>
    log.warn({ err, projectId }, "statistics could not be counted");
  /** Whether the project may have more. One that cannot be counted keeps no other waiting. */
  async function count(projectId: string): Promise<boolean> {
    try {
      return await rollUp(sql, projectId);
    } catch (error) {
      warn(error, projectId);
      return false;
    }
  }
  const stop = new AbortController();
  const counting = poll(
    EVERY_MS,
    async () => {
      let hasMore = false;
      for (const projectId of await uncountedProjects(sql)) {
        const startedAt = performance.now();
        hasMore = (await count(projectId)) || hasMore;
        const pauseMs = (performance.now() - startedAt) * (1 / SHARE - 1);
        await delay(pauseMs, undefined, { signal: stop.signal }).catch(() => {});
        if (stop.signal.aborted) break;
      }
      return hasMore ? 0 : EVERY_MS;
    },
    warn,
  );
  const forget = onFeed(() => counting.within(SOON_MS));
  return {
    async [Symbol.asyncDispose]() {
      forget();
      stop.abort();
      await counting[Symbol.asyncDispose]();
    },
  };
}
