import type { QueueEntry } from "./hookQueues.ts";

/** What a process may claim now: anything but suspects of any queue, or one suspect of these. */
type Permit = { isAlone: false } | { isAlone: true; queues: ReadonlySet<QueueEntry> };

type Isolation = {
  /** Asked before each claim, and whether nothing is in flight or unwritten; null while a suspect waits or runs. */
  permit(isIdle: boolean): Permit | null;
  /** A queue has a suspect that is due. Gives back after how many milliseconds the queue is to be looked at again. */
  saw(queue: QueueEntry): number;
  /** Whether no suspect waits or runs. */
  isQuiet(): boolean;
  /** The suspect is dealt with, or there was none to be had. */
  over(wasFound: boolean): void;
};

/** When a suspect is not to be had: its hook may send no more at the moment, or another process has it. */
const AGAIN_AFTER_MS = 1_000;

/**
 * Has what two processes have died of tried with nothing beside it, so that a third death has one cause. A process that
 * sees such a suspect claims no more, lets what is in flight end, tries it, and goes on; between two of them it claims
 * what else there is.
 */
export function createIsolation(): Isolation {
  const suspected = new Set<QueueEntry>();
  let isTaken = false;
  let notBefore = 0;
  return {
    permit(isIdle) {
      if (suspected.size === 0) return { isAlone: false };
      if (isTaken || !isIdle) return null;
      isTaken = true;
      return { isAlone: true, queues: suspected };
    },
    saw(queue) {
      const wait = Math.max(0, notBefore - performance.now());
      if (wait === 0) suspected.add(queue);
      return wait;
    },
    isQuiet: () => !isTaken && suspected.size === 0,
    over(wasFound) {
      isTaken = false;
      suspected.clear();
      if (!wasFound) notBefore = performance.now() + AGAIN_AFTER_MS;
    },
  };
}
