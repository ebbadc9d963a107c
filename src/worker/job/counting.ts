import type { Pool } from "../../db/connection/client.ts";
import { uncountedProjects } from "../../db/statistics/statistics.ts";
import { rollUp } from "../../domain/statistics/rollUp.ts";
import type { Logger } from "../../log.ts";
import { type Poller, poll } from "../poller.ts";

/** Statistics are late by this and the time of counting. */
const EVERY_MS = 5_000;

/** Adds what happened to the projects' statistics: a page of each in turn, so that a busy project holds up no other. */
export const startCounting = (sql: Pool, log: Logger): Poller =>
  poll(
    EVERY_MS,
    async () => {
      let hasMore = false;
      for (const projectId of await uncountedProjects(sql))
        hasMore = (await rollUp(sql, projectId)) || hasMore;
      return hasMore ? 0 : EVERY_MS;
    },
    (error) => log.warn({ err: error }, "statistics could not be counted"),
  );
