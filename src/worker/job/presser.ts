import { setMaxListeners } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import {
  claimPress,
  handBackPress,
  type PressClaim,
  type PressFinish,
} from "../../db/action/pressClaims.ts";
import { endPress } from "../../domain/action/pressFinish.ts";
import { pressLimits } from "../../domain/action/pressLimits.ts";
import { decidePressOutcome, pressRequest } from "../../domain/action/pressRequest.ts";
import type { FollowUp } from "../../domain/event/followUp.ts";
import { openSigningKeys } from "../../domain/project/signingSecret.ts";
import type { Poster } from "../../outbound/call/post.ts";
import { withinOpenFiles } from "../../outbound/openFiles.ts";
import type { DelivererOptions } from "../delivery/deliverer.ts";
import { isDataError, withoutResponse } from "../delivery/finisher.ts";
import { postponed } from "../delivery/shortage.ts";

/** Sends the presses of one process. */
export type Presser = {
  /** Claims a press, unless it is or was claimed, and sends it once. */
  press(press: { projectId: string; pressId: string }): void;
  /** Claims no more, waits for calls in flight, and aborts them after `graceMs`. */
  stop(graceMs: number): Promise<void>;
};

/** Above this many concurrent calls a press is left to other processes or to the reconciler's next look. */
const MAX_IN_FLIGHT = withinOpenFiles(256, 1 / 8);
const RETRY_MS = [50, 100, 200, 400, 800, 1_600];

/** The attempt without its response, stored if PostgreSQL refuses the response. */
const withoutAnswer = (finish: PressFinish): PressFinish => ({
  ...withoutResponse(finish),
  error: finish.error === null ? null : `Http status was ${finish.attempt.statusCode}`,
});

export function createPresser(
  options: Pick<
    DelivererOptions,
    "sql" | "configs" | "programs" | "workerId" | "box" | "log" | "onAttempt"
  > & {
    poster: Poster;
    /** Called with what is to be done next about system events. */
    onNext: (next: FollowUp) => void;
  },
): Presser {
  const { sql, configs, programs, workerId, poster, box, log, onAttempt, onNext } = options;
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal);
  const running = new Set<Promise<void>>();
  let stopped = false;

  async function send(press: { projectId: string; pressId: string }): Promise<void> {
    // Before the claim: a press that cannot be signed is not claimed, so its outcome is not in doubt.
    const keys = await openSigningKeys({ sql, box }, press.projectId);
    const claim = await claimPress(sql, workerId, press, pressLimits);
    if (!claim) return;
    const request = pressRequest(claim, keys);
    const { projectId: holder } = press;
    const result = await poster
      .post({ ...request, holder, signal: stopping.signal })
      .catch(async (error: unknown) => {
        const back = () => handBackPress(sql, claim);
        const waitMs = await postponed(error, back, { log, stopping: stopping.signal });
        await delay(waitMs, undefined, { signal: stopping.signal }).catch(() => {});
      });
    // Not sent, so its outcome is not in doubt: any process may claim it while a person waits for it.
    if (!result) return stopped ? undefined : await send(press);
    onAttempt(result);
    const interrupted = stopping.signal.aborted && result.statusCode === null;
    await record(claim, request, decidePressOutcome(claim, result, interrupted));
  }

  /** Repeats until it is stored, however long the database is away: no call is forgotten. */
  async function record(
    claim: PressClaim,
    request: { url: string; body: string },
    finish: PressFinish,
  ) {
    let kept = finish;
    for (let failures = 0; ; failures++) {
      try {
        return onNext(await endPress(sql, configs, programs, claim, request, kept));
      } catch (error) {
        if (isDataError(error)) kept = withoutAnswer(finish);
        log.warn(
          { err: error, pressId: finish.pressId },
          "a press is not written yet, trying again",
        );
        await delay(RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]);
      }
    }
  }

  return {
    press(press) {
      if (stopped || running.size >= MAX_IN_FLIGHT) return;
      const work = send(press).catch((error) =>
        // If it was not claimed, the reconciler wakes it again. If it was, it ends as UNKNOWN.
        log.error({ err: error, pressId: press.pressId }, "a press failed inside the hub"),
      );
      running.add(work);
      void work.finally(() => running.delete(work));
    },
    async stop(graceMs) {
      stopped = true;
      const timer = setTimeout(() => stopping.abort(), graceMs);
      while (running.size > 0) await Promise.allSettled(running);
      clearTimeout(timer);
    },
  };
}
