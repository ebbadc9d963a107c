import type { HookQueue } from "../../db/queue/jobs.ts";
import { withinOpenFiles } from "../../outbound/openFiles.ts";

/** What a worker process knows about one hook's queue. */
export type QueueEntry = HookQueue & {
  isClaiming: boolean;
  inFlight: number;
  /** When others were last asked to help: it had more due than this process may take. */
  askedAt: number;
  /** Consecutive attempts that did not reach the target or were slow. */
  failures: number;
  /** Nothing is claimed before: its hook may not be sent to. */
  heldUntil: number;
  timer: { at: number; handle: NodeJS.Timeout } | null;
};

/** Ends an attempt; `isWell`: it reached its target in time. */
export type Leave = (isWell: boolean) => void;

/** A queue to claim for: how many deliveries it may take, and how many it had in flight then. */
export type ClaimSlot = { queue: QueueEntry; room: number; inFlight: number; asTroubled: boolean };

/** The most attempts in flight in one process. */
const MAX_IN_FLIGHT = withinOpenFiles(1_024, 1 / 4);
/** Slots reserved for queues that have nothing in flight, one each: every hook gets served. */
const RESERVED = Math.floor(MAX_IN_FLIGHT / 4);
/**
 * Queues in trouble (consecutive timeouts, refused connections or slow answers) share at most half of the slots, so
 * that others do not wait.
 */
const MAX_TROUBLED = Math.floor(MAX_IN_FLIGHT / 2);
const TROUBLED_AFTER = 3;
const QUEUES_PER_CLAIM = 64;
const MAX_TIMER_MS = 60_000;
/** How long a held queue is believed to be held when more comes in: another process may have released it. */
const HELD_MS = 1_000;

const isTroubled = (queue: QueueEntry) => queue.failures >= TROUBLED_AFTER;

export type HookQueues = ReturnType<typeof createHookQueues>;

/**
 * The queues of one process: whose turn it is and with how many slots, so that a slow or dead hook never takes
 * another's slots. `onReady` is called when a queue's timer makes it ready. `shareOf` returns how many deliveries of a
 * hook this process may have in flight, as far as known. `onForeign` is called with queues that only others may send
 * for.
 */
export function createHookQueues(
  onReady: () => void,
  shareOf: (hookId: string) => number,
  onForeign: (queue: HookQueue) => void,
) {
  const queues = new Map<string, QueueEntry>();
  /** Queues that may have due deliveries, in the order of their turns. */
  const ready = new Set<QueueEntry>();
  /** Slots in use or promised to running claims, and those among them of queues in trouble. */
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
      heldUntil: Number.NEGATIVE_INFINITY,
      timer: null,
    };
    queues.set(hookId, made);
    return made;
  }

  function forgetIfIdle(queue: QueueEntry) {
    const isBusy =
      queue.isClaiming || queue.inFlight > 0 || queue.timer !== null || ready.has(queue);
    // A queue with failures is remembered, so that they add up.
    if (!isBusy && queue.failures === 0) queues.delete(queue.hookId);
  }

  function occupy(slots: number, asTroubled: boolean) {
    taken += slots;
    if (asTroubled) troubled += slots;
  }

  /** Counts an attempt. The returned function ends it, with whether it went well. */
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

  /** A queue that this process may not send for is not remembered. Others are asked, unless they asked. */
  function makeReady(queue: QueueEntry, isAsked: boolean) {
    const heldMs = queue.heldUntil - performance.now();
    if (heldMs > 0 && !isAsked) return enqueueAfter(queue, heldMs);
    if (shareOf(queue.hookId) > 0) return void ready.add(queue);
    forgetIfIdle(queue);
    if (!isAsked) onForeign(queue);
  }

  /** Marks a queue as ready after some milliseconds, or earlier if it was already scheduled earlier. */
  function enqueueAfter(which: HookQueue, ms: number) {
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
  }

  const canTake = (queue: QueueEntry) =>
    !queue.isClaiming &&
    queue.inFlight < shareOf(queue.hookId) &&
    (troubled < MAX_TROUBLED || !isTroubled(queue));

  return {
    /** Marks queues that may have something due; `isAsked`: at another process's request. */
    enqueue(added: HookQueue[], isAsked = false) {
      if (!isClosed) for (const queue of added) makeReady(entry(queue), isAsked);
    },

    enqueueAfter,

    /** The hook may not be sent to for some milliseconds; null: it may. */
    hold(queue: QueueEntry, ms: number | null) {
      queue.heldUntil = performance.now() + Math.min(ms ?? 0, HELD_MS);
      if (ms !== null) enqueueAfter(queue, ms);
    },

    /**
     * The next ready queues in turn, each with its share of the free slots; only some queues if `only` is given. Call
     * `release` for each after its claim.
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

    release({ queue, room, asTroubled }: ClaimSlot) {
      occupy(-room, asTroubled);
      queue.isClaiming = false;
      forgetIfIdle(queue);
    },

    enter,

    /**
     * Counts an attempt of a delivery that is not accepted yet. Undefined if its queue has no slot or other deliveries
     * wait before it.
     */
    admit(which: HookQueue): { queue: QueueEntry; leave: Leave } | undefined {
      if (isClosed) return undefined;
      const queue = entry(which);
      const most = queue.inFlight > 0 ? MAX_IN_FLIGHT - RESERVED : MAX_IN_FLIGHT;
      if (taken >= most || ready.has(queue) || !canTake(queue)) return undefined;
      if (performance.now() < queue.heldUntil) return undefined;
      return { queue, leave: enter(queue) };
    },

    /** Forgets all queues and accepts no more. */
    close() {
      isClosed = true;
      for (const { timer } of queues.values()) if (timer) clearTimeout(timer.handle);
      queues.clear();
      ready.clear();
    },
  };
}
