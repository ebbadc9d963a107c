import type { Sql, Tx } from "../connection/client.ts";

/** A hook's queue of deliveries. Limits apply per queue. */
export type HookQueue = { projectId: string; hookId: string };

/** The events to erase: one, or those of a user that were received until a time of the database's clock. */
export type Expunging =
  | { projectId: string; eventId: string }
  | { projectId: string; userId: string; until: string };

/**
 * An erasure under way since a time of the database's clock: `erased` are the events of its last step, whose dependents
 * are still to be erased.
 */
export type ExpungeJob = {
  id: string;
  which: Expunging;
  by: string;
  since: string;
  erased: string[];
  isLastLook: boolean;
};

/** A job's payload: ids only. State is read from the tables, so a job is never more than a wake-up. */
type JobPayloads = {
  deliver: { queues: [projectId: string, hookId: string][] };
  dispatch: { projectId: string; eventIds: string[] };
  settle: HookQueue;
  handshake: HookQueue;
  replay: { projectId: string; replayId: string };
  advance: { projectId: string; runIds: string[] };
  press: { projectId: string; pressId: string };
  expunge: ExpungeJob;
};

/** A job to add; `runAt` in the future for a retry, `key` to merge equal jobs. */
export type JobSpec = {
  [Name in keyof JobPayloads]: {
    identifier: Name;
    payload: JobPayloads[Name];
    runAt?: Date;
    key?: string;
  };
}[keyof JobPayloads];

const QUEUES_PER_JOB = 500;

/** `deliver` jobs for any number of queues. */
export function deliverJobs(queues: HookQueue[]): JobSpec[] {
  const jobs: JobSpec[] = [];
  for (let at = 0; at < queues.length; at += QUEUES_PER_JOB) {
    const part = queues.slice(at, at + QUEUES_PER_JOB);
    jobs.push({
      identifier: "deliver",
      payload: { queues: part.map((queue) => [queue.projectId, queue.hookId]) },
    });
  }
  return jobs;
}

/** Adds jobs in the caller's transaction, by graphile-worker's public `add_jobs`. */
export const addJobs = (tx: Sql, jobs: JobSpec[]) => {
  const specs = jobs.map((job) => ({
    identifier: job.identifier,
    payload: job.payload,
    run_at: job.runAt?.toISOString() ?? null,
    max_attempts: 25,
    job_key: job.key ?? null,
  }));
  return tx`select count(*) from graphile_worker.add_jobs(array(
    select json_populate_recordset(null::graphile_worker.job_spec, ${JSON.stringify(specs)}::text::json)))`;
};

/** Unlocks the jobs and queues of dead worker pools, so that others take them at once. */
export const unlockPools = (tx: Tx, poolIds: string[]) =>
  tx`select graphile_worker.force_unlock_workers(${poolIds}::text[])`;
