import { setTimeout as delay } from "node:timers/promises";
import type { Pool } from "../../db/connection/client.ts";
import { errorCode } from "../../db/connection/errorCode.ts";
import type { Finish, FinishedDelivery } from "../../db/delivery/finish.ts";
import { finishDeliveries } from "../../domain/delivery/finish.ts";
import type { FollowUp } from "../../domain/event/followUp.ts";
import type { InPlace } from "../../domain/event/systemEvent.ts";
import type { ProjectConfigs } from "../../domain/project/projectConfig.ts";
import type { Logger } from "../../log.ts";
import { createBatcher } from "../../util/batcher.ts";

/** Resolves to how a delivery moved, or null if another process had taken over its claim. */
type Finisher = (finish: Finish) => Promise<FinishedDelivery | null>;

const MAX_BATCH = 100;
const PARALLEL_BATCHES = 4;
const PARALLEL_OF_PROJECT = 2;
/**
 * The time for gathering a batch. At 200 deliveries a second each would be its own transaction: with two per
 * transaction, a tenth of the machine is left to others.
 */
const GATHER_MS = 10;
const RETRY_MS = [50, 100, 200, 400, 800, 1_600];

/** Whether PostgreSQL refused a value, so that a retry would fail, too. */
export const isDataError = (error: unknown) => /^(22|54)/.test(errorCode(error));

/** An attempt without its response: stored if PostgreSQL refuses the response. */
export const withoutResponse = <Kind extends Pick<Finish, "attempt">>(finish: Kind): Kind => ({
  ...finish,
  attempt: {
    ...finish.attempt,
    responseHeaders: null,
    responseBody: null,
    responseTruncated: true,
  },
});

/**
 * Stores finished attempts in micro-batches. A result is kept until it is stored, however long the database is away: no
 * attempt is forgotten. Its lease outlives short outages; after a long one the token decides.
 */
export function createFinisher({
  sql,
  configs,
  programs,
  log,
  onNext,
  onFinished,
  onSteps,
}: {
  sql: Pool;
  configs: ProjectConfigs;
  programs: InPlace;
  log: Logger;
  /** Called with what is to be done next about system events. */
  onNext: (next: FollowUp) => void;
  /** Called after each commit that added to the feed. */
  onFinished: () => void;
  /** Called with the runs whose steps have ended. */
  onSteps: (projectId: string, runIds: string[]) => void;
}): Finisher {
  async function write(finishes: Finish[], areBare = false): Promise<FinishedDelivery[]> {
    const projectId = finishes[0]?.projectId ?? "";
    for (let failures = 0; ; failures++) {
      try {
        const { moved, next } = await finishDeliveries(sql, configs, programs, projectId, finishes);
        onFinished();
        onNext(next);
        const runIds = moved.flatMap(({ runId, status }) =>
          runId === null || status === "RETRYING" ? [] : runId,
        );
        if (runIds.length > 0) onSteps(projectId, runIds);
        return moved;
      } catch (error) {
        if (isDataError(error) && !areBare) return isolate(finishes, error);
        log.warn(
          { err: error, attempts: finishes.length },
          "finished attempts not written yet, trying again",
        );
        await delay(RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]);
      }
    }
  }

  async function isolate(finishes: Finish[], error: unknown): Promise<FinishedDelivery[]> {
    const [only] = finishes;
    if (!only || finishes.length > 1) {
      const half = finishes.length >> 1;
      return [...(await write(finishes.slice(0, half))), ...(await write(finishes.slice(half)))];
    }
    log.error(
      { err: error, deliveryId: only.deliveryId },
      "a response could not be stored, only its status is kept",
    );
    return write([withoutResponse(only)], true);
  }

  const batch = (gatherMs: number) =>
    createBatcher<Finish, FinishedDelivery | null>(
      async (finishes) => {
        const moved = new Map((await write(finishes)).map((row) => [row.id, row]));
        return finishes.map(({ deliveryId }) => ({
          status: "fulfilled",
          value: moved.get(deliveryId) ?? null,
        }));
      },
      {
        maxSize: MAX_BATCH,
        parallel: PARALLEL_BATCHES,
        perHolder: PARALLEL_OF_PROJECT,
        holderOf: ({ projectId }) => projectId,
        gatherMs,
      },
    );
  const usual = batch(GATHER_MS);
  // The next one of its key waits for it.
  const ordered = batch(0);
  return (finish) => (finish.isOrdered ? ordered : usual).add(finish);
}
