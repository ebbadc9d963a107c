import type { HookQueue } from "../../db/queue/jobs.ts";
import { withinOpenFiles } from "../../outbound/openFiles.ts";

/** What a worker process knows of one hook's queue. */
export type QueueEntry = HookQueue & {
  isClaiming: boolean;
  inFlight: number;
  /** When others were last told that there is more in it than this process may take. */
  askedAt: number;
  /** Attempts in a row that did not reach the target, or took long. */
  failures: number;
  timer: { at: number; handle: NodeJS.Timeout } | null;
};

/** Ends an attempt: whether it reached its target in time. */
export type Leave = (isWell: boolean) => void;

/** A queue that is to be claimed for, how many deliveries it may take, and how many it had in flight then. */
export type ClaimSlot = { queue: QueueEntry; room: number; inFlight: number; asTroubled: boolean };

/** Attempts in flight in one process, at most. */
const MAX_IN_FLIGHT = withinOpenFiles(1_024, 1 / 4);
/** Of these, so many are for queues that have none: whoever is not being served can be, one at a time. */
const RESERVED = Math.floor(MAX_IN_FLIGHT / 4);
/** Lanes in trouble (time-outs, refused connections, slow answers in a row) share at most half: nobody else waits. */
const MAX_TROUBLED = Math.floor(MAX_IN_FLIGHT / 2);
const TROUBLED_AFTER = 3;
const QUEUES_PER_CLAIM = 64;
const MAX_TIMER_MS = 60_000;

const isTroubled = (queue: QueueEntry) => queue.failures >= TROUBLED_AFTER;

export type HookQueues = ReturnType<typeof createHookQueues>;

/**
 * The queues of one process: whose turn it is and with how many slots, so that one slow or dead hook never takes
 * another's. `onReady` is told when a queue's timer makes it ready; `shareOf` says how many of a hook this process may
 * have in flight, as far as is known; `onForeign` is told of what is due and others' alone to send.
 */
export function createHookQueues(
  onReady: () => void,
  shareOf: (hookId: string) => number,
  onForeign: (queue: HookQueue) => void,
) {
  const queues = new Map<string, QueueEntry>();
  /** Those that may have deliveries that are due, in the order of their turns. */
  const ready = new Set<QueueEntry>();
  /** Slots in use, or promised to claims that are under way; and those of queues in trouble among them. */
  let taken = 0;
  let troubled = 0;
  let isClosed = false;

  function entry({ projectId, hookId }: HookQueue): QueueEntry {
    const known = queues.get(hookId);
    if (known) return known;
    const made: QueueEntry = {
      projectId,
      hookId,
      isClaiming: false,
      inFlight: 0,
      askedAt: Number.NEGATIVE_INFINITY,
      failures: 0,
      timer: null,
    };
    queues.set(hookId, made);
    return made;
  }

  function forgetIfIdle(queue: QueueEntry) {
    const isBusy =
      queue.isClaiming || queue.inFlight > 0 || queue.timer !== null || ready.has(queue);
    // One that failed is remembered, so that its failures add up.
    if (!isBusy && queue.failures === 0) queues.delete(queue.hookId);
  }

  function occupy(slots: number, asTroubled: boolean) {
    taken += slots;
    if (asTroubled) troubled += slots;
  }

  /** Counts an attempt in; the function it gives back counts it out again, and whether it went as it should. */
  function enter(queue: QueueEntry): Leave {
    const asTroubled = isTroubled(queue);
    queue.inFlight++;
    occupy(1, asTroubled);
    return (isWell) => {
      queue.inFlight--;
      occupy(-1, asTroubled);
      queue.failures = isWell ? 0 : queue.failures + 1;
      forgetIfIdle(queue);
    };
  }

  /** One that is not this process's to send for is not remembered; others are told, unless it was them who asked. */
  function makeReady(queue: QueueEntry, isAsked: boolean) {
    if (shareOf(queue.hookId) > 0) return void ready.add(queue);
    forgetIfIdle(queue);
    if (!isAsked) onForeign(queue);
  }

  const canTake = (queue: QueueEntry) =>
    !queue.isClaiming &&
    queue.inFlight < shareOf(queue.hookId) &&
    (troubled < MAX_TROUBLED || !isTroubled(queue));

  return {
    /** Marks queues that may have something due; `isAsked` by another process. */
    enqueue(added: HookQueue[], isAsked = false) {
      if (!isClosed) for (const queue of added) makeReady(entry(queue), isAsked);
    },

    /** Feeds a queue after so many milliseconds, or earlier when it was to be added earlier. */
    enqueueAfter(which: HookQueue, ms: number) {
      if (isClosed) return;
      const queue = entry(which);
      const wait = Math.min(Math.max(ms, 0), MAX_TIMER_MS);
      const at = performance.now() + wait;
      if (queue.timer && queue.timer.at <= at) return;
      if (queue.timer) clearTimeout(queue.timer.handle);
      const handle = setTimeout(() => {
        queue.timer = null;
        makeReady(queue, false);
        onReady();
      }, Math.ceil(wait));
      queue.timer = { at, handle };
    },

    /**
     * The next ready queues in turn, only of these when some are named, each with its share of the free slots; `release`
     * each after its claim.
     */
    next(only?: ReadonlySet<QueueEntry>): ClaimSlot[] {
      const turns: ClaimSlot[] = [];
      if (taken >= MAX_IN_FLIGHT) return turns;
      const takable = [...ready].filter((queue) => canTake(queue) && (only?.has(queue) ?? true));
      const free = MAX_IN_FLIGHT - taken;
      const share = Math.max(1, Math.floor((free - RESERVED) / Math.max(1, takable.length)));
      for (const queue of takable) {
        if (turns.length === QUEUES_PER_CLAIM) break;
        const asTroubled = isTroubled(queue);
        const left = MAX_IN_FLIGHT - taken;
        const reserved = asTroubled || queue.inFlight > 0 ? 0 : 1;
        const room = Math.min(
          Math.max(reserved, Math.min(share, left - RESERVED)),
          shareOf(queue.hookId) - queue.inFlight,
          asTroubled ? MAX_TROUBLED - troubled : left,
        );
        if (room <= 0) continue;
        occupy(room, asTroubled);
        ready.delete(queue);
        queue.isClaiming = true;
        turns.push({ queue, room, inFlight: queue.inFlight, asTroubled });
      }
      return turns;
    },

    /** Ends a queue's claim. */
    release({ queue, room, asTroubled }: ClaimSlot) {
      occupy(-room, asTroubled);
      queue.isClaiming = false;
      forgetIfIdle(queue);
    },

    enter,

    /**
     * Counts an attempt in whose delivery has not been accepted yet: undefined unless its queue has a slot, and nothing that
     * waits before it.
     */
    admit(which: HookQueue): { queue: QueueEntry; leave: Leave } | undefined {
      if (isClosed) return undefined;
      const queue = entry(which);
      const most = queue.inFlight > 0 ? MAX_IN_FLIGHT - RESERVED : MAX_IN_FLIGHT;
      if (taken >= most || ready.has(queue) || !canTake(queue)) return undefined;
      return { queue, leave: enter(queue) };
    },

    /** Forgets every queue; nothing is added any more. */
    close() {
      isClosed = true;
      for (const { timer } of queues.values()) if (timer) clearTimeout(timer.handle);
      queues.clear();
      ready.clear();
    },
  };
}
