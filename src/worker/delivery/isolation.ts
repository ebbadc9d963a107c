import type { QueueEntry } from "./hookQueues.ts";

/** What a process may claim now: anything except suspects, or one suspect of these queues. */
type Permit = { isAlone: false } | { isAlone: true; queues: ReadonlySet<QueueEntry> };

type Isolation = {
  /**
   * Called before each claim; `isIdle`: nothing is in flight or unstored. Returns null while a suspect waits or runs.
   */
  permit(isIdle: boolean): Permit | null;
  /** Reports a due suspect in a queue. Returns the milliseconds until the queue should be looked at again. */
  saw(queue: QueueEntry): number;
  isQuiet(): boolean;
  /** The suspect is done, or none could be claimed. */
  over(wasFound: boolean): void;
};

/** The pause if a suspect could not be claimed: its hook may send no more at the moment, or another process has it. */
const AGAIN_AFTER_MS = 1_000;

/**
 * Retries suspects, deliveries that were in flight at two crashes, alone, so that a third crash identifies one. A
 * process that sees a suspect claims no more, lets attempts in flight end, tries the suspect, and goes on. Between two
 * suspects it claims other deliveries.
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
