import type { Step } from "../../db/statistics/statistics.ts";

const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const stepMs: Readonly<Record<Step, number>> = { MINUTE: MINUTE_MS, HOUR: HOUR_MS };

/** The start of the minute or hour, in UTC. */
export const startOfStep = (step: Step, time: Date): Date =>
  new Date(Math.floor(time.getTime() / stepMs[step]) * stepMs[step]);
