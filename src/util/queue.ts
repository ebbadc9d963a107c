import { Overloaded } from "./overloaded.ts";
import { createShares, type Release } from "./shares.ts";

/** What may wait: by size, and by time. */
export type QueueLimits = {
  /** What waits, as a refusal names it. */
  what: string;
  /** The most that may wait together; a holder has its share of it. */
  size: number;
  /** Nothing more of a holder is taken in while its oldest has waited so long: more comes than goes, whatever the size. */
  slowMs?: number;
  /**
   * Who has waited so long is refused. With the 10 s a statement may take, an answer is there before an operation's
   * 30 s are over: nothing is written for a caller who was told that it took too long.
   */
  lostMs?: number;
};

/** One that waits its turn; `reject` is told when it is refused after all. */
export type Queued = {
  /** Whose it is. */
  holder: string;
  size: number;
  since: number;
  reject: (reason: unknown) => void;
};

type Queue<Item extends Queued> = {
  readonly length: number;
  /** Throws Overloaded when one of this size may not join. */
  checkRoom(holder: string, size: number): void;
  /** Throws as `checkRoom`. */
  add(item: Item): void;
  /** One of each holder in turn, of each the oldest first, up to this size together; one at least. */
  take(maxSize: number): Item[];
  /** The oldest of the first holder whose turn it may be, up to this size together; one at least, none without a holder. */
  takeOfOne(maxSize: number, mayTake: (holder: string) => boolean): Item[];
};

const SLOW_MS = 2_000;
const LOST_MS = 10_000;

const ageOf = ({ since }: Queued) => performance.now() - since;

/**
 * Holders have their turns one after the other, so that one whose many items wait holds up its own alone. With limits
 * it never grows without end: who comes while PostgreSQL does not keep up is refused at once, instead of waiting longer
 * than its client does. `onSize` is told by how much it has grown.
 */
export function createQueue<Item extends Queued>(
  limits?: QueueLimits,
  onSize: (change: number) => void = () => {},
): Queue<Item> {
  const { what = "", size: total = Infinity, slowMs = SLOW_MS, lostMs = LOST_MS } = limits ?? {};
  const room = createShares({ what, total });
  const lines = new Map<string, { item: Item; release: Release }[]>();
  let length = 0;
  let timer: NodeJS.Timeout | undefined;

  function overloaded(holder: string): Overloaded {
    const [oldest] = lines.get(holder) ?? [];
    const age = oldest ? ageOf(oldest.item) / 1_000 : 0;
    const retryAfter = Math.min(Math.max(Math.ceil(age), 1), LOST_MS / 1_000);
    return new Overloaded(
      `PostgreSQL writes more slowly than events come: ${room.held(holder)} wait, the oldest for ${age.toFixed(1)} s. ` +
        `Nothing of this call was stored; send it again in ${retryAfter} s.`,
      retryAfter,
    );
  }

  /** The holder's oldest; it goes to the end of those that wait for their turns. */
  function remove(holder: string, count: number): Item[] {
    const line = lines.get(holder) ?? [];
    const removed = line.splice(0, count);
    lines.delete(holder);
    if (line.length > 0) lines.set(holder, line);
    for (const { release } of removed) release();
    length -= removed.length;
    onSize(-removed.reduce((sum, { item }) => sum + item.size, 0));
    return removed.map(({ item }) => item);
  }

  function refuseLost() {
    timer = undefined;
    for (const [holder, line] of [...lines]) {
      const error = overloaded(holder);
      const inTime = line.findIndex(({ item }) => ageOf(item) < lostMs);
      const lost = inTime < 0 ? line.length : inTime;
      if (lost > 0) for (const { reject } of remove(holder, lost)) reject(error);
    }
    watch();
  }

  /** One timer for all: it is made for the oldest, and left alone when that one has its turn. */
  function watch() {
    if (!limits || timer || lines.size === 0) return;
    const ages = [...lines.values()].map(([oldest]) => (oldest ? ageOf(oldest.item) : 0));
    timer = setTimeout(refuseLost, lostMs - Math.max(...ages)).unref();
  }

  function checkSlow(holder: string) {
    const [oldest] = lines.get(holder) ?? [];
    if (limits && oldest && ageOf(oldest.item) > slowMs) throw overloaded(holder);
  }

  return {
    get length() {
      return length;
    },
    checkRoom(holder, size) {
      checkSlow(holder);
      room.take(holder, size)();
    },
    add(item) {
      checkSlow(item.holder);
      const release = room.take(item.holder, item.size);
      const line = lines.get(item.holder) ?? [];
      line.push({ item, release });
      lines.set(item.holder, line);
      length++;
      onSize(item.size);
      watch();
    },
    take(maxSize) {
      const turns = [...lines].map(([holder, line]) => ({ holder, line, count: 0 }));
      let size = 0;
      let isFull = false;
      for (let open = turns; open.length > 0 && !isFull; ) {
        for (const turn of open) {
          size += turn.line[turn.count]?.item.size ?? 0;
          isFull = size > maxSize && (turn !== turns[0] || turn.count > 0);
          if (isFull) break;
          turn.count++;
        }
        open = open.filter(({ line, count }) => count < line.length);
      }
      return turns.flatMap(({ holder, count }) => (count > 0 ? remove(holder, count) : []));
    },
    takeOfOne(maxSize, mayTake) {
      for (const [holder, line] of lines) {
        if (!mayTake(holder)) continue;
        let size = 0;
        const end = line.findIndex(({ item }, index) => {
          size += item.size;
          return size > maxSize && index > 0;
        });
        return remove(holder, end < 0 ? line.length : end);
      }
      return [];
    },
  };
}
