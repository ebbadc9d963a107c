import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  type ClaimSlot,
  createHookQueues,
  type HookQueues,
} from "../../src/worker/delivery/hookQueues.ts";

const queue = (hookId: string) => ({ projectId: "p", hookId });
const many = (count: number, name: string) =>
  Array.from({ length: count }, (_, i) => queue(`${name}${i}`));
const roomOf = (turns: ClaimSlot[]) =>
  Object.fromEntries(turns.map(({ queue, room }) => [queue.hookId, room]));
const sum = (turns: ClaimSlot[]) => turns.reduce((all, { room }) => all + room, 0);

/** What is known of how many a hook may have in flight. */
const shares = new Map<string, number>();
const shareOf = (hookId: string) => shares.get(hookId) ?? Number.POSITIVE_INFINITY;

/** Ends the claims of these turns, each having taken all it might; gives what ends their attempts. */
function fill(
  queues: HookQueues,
  turns: ClaimSlot[],
  maxInFlight = 16,
): ((isWell: boolean) => void)[] {
  return turns.flatMap((turn) => {
    shares.set(turn.queue.hookId, maxInFlight);
    const leaves = Array.from({ length: Math.min(turn.room, maxInFlight) }, () =>
      queues.enter(turn.queue),
    );
    queues.release(turn);
    return leaves;
  });
}

/** Makes these queues ones whose last three attempts failed. */
function trouble(queues: HookQueues, names: { projectId: string; hookId: string }[]) {
  for (let round = 0; round < 3; round++) {
    for (let left = names; left.length > 0; left = left.slice(64)) {
      queues.enqueue(left.slice(0, 64));
      for (const leave of fill(queues, queues.next(), 1)) leave(false);
    }
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  shares.clear();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the queues of a process", () => {
  test("take turns in the order in which they became ready, 64 a claim", () => {
    const queues = createHookQueues(
      () => {},
      shareOf,
      () => {},
    );
    queues.enqueue(many(100, "h"));
    const first = queues.next();
    expect(first.map(({ queue }) => queue.hookId)).toEqual(
      many(64, "h").map(({ hookId }) => hookId),
    );
    queues.enqueue([queue("h0")]);
    const second = queues.next();
    expect(second).toHaveLength(36);
    expect(roomOf(second)).not.toHaveProperty("h0");
    for (const turn of [...first, ...second]) queues.release(turn);
    expect(queues.next().map(({ queue }) => queue.hookId)).toEqual(["h0"]);
  });

  test("share the free slots, a quarter kept for those that have none", () => {
    const queues = createHookQueues(
      () => {},
      shareOf,
      () => {},
    );
    queues.enqueue([queue("big")]);
    expect(roomOf(queues.next())).toEqual({ big: 768 });
    queues.enqueue(many(64, "h"));
    const turns = queues.next();
    expect(turns.every(({ room }) => room === 1)).toBe(true);
    expect(turns).toHaveLength(64);
  });

  test("never have more slots in all than there are, those of claims under way included", () => {
    const queues = createHookQueues(
      () => {},
      shareOf,
      () => {},
    );
    const all: ClaimSlot[] = [];
    for (let i = 0; i < 20; i++) {
      queues.enqueue(many(64, `${i}-`));
      all.push(...queues.next());
    }
    expect(sum(all)).toBe(1_024);
    queues.enqueue([queue("late")]);
    expect(queues.next()).toEqual([]);
    const [first] = all;
    if (first) queues.release(first);
    expect(roomOf(queues.next())).not.toEqual({});
  });

  test("keep to their share of a hook's limit", () => {
    const queues = createHookQueues(
      () => {},
      shareOf,
      () => {},
    );
    queues.enqueue([queue("h")]);
    const leaves = fill(queues, queues.next(), 3);
    expect(leaves).toHaveLength(3);
    queues.enqueue([queue("h")]);
    expect(queues.next()).toEqual([]);
    leaves.pop()?.(true);
    const [turn] = queues.next();
    expect(turn?.room).toBe(1);
    if (!turn) return;
    // Another process has come meanwhile, and with it a smaller share.
    shares.set("h", 2);
    queues.enqueue([turn.queue]);
    queues.release(turn);
    expect(queues.next()).toEqual([]);
    leaves.pop()?.(true);
    expect(roomOf(queues.next())).toEqual({ h: 1 });
  });

  test("without a share are not waited for, and have their turns once they have one", () => {
    const queues = createHookQueues(
      () => {},
      shareOf,
      () => {},
    );
    shares.set("h", 0);
    queues.enqueue([queue("h")]);
    queues.enqueueAfter(queue("h"), 100);
    vi.advanceTimersByTime(100);
    expect(queues.next()).toEqual([]);
    expect(queues.admit(queue("h"))).toBe(undefined);
    shares.set("h", 1);
    expect(queues.next()).toEqual([]);
    queues.enqueue([queue("h")]);
    expect(roomOf(queues.next())).toEqual({ h: 1 });
  });

  test("admit what is being accepted while they have slots, and nothing waits before it", () => {
    const queues = createHookQueues(
      () => {},
      shareOf,
      () => {},
    );
    shares.set("h", 2);
    const first = queues.admit(queue("h"));
    expect(first).toBeDefined();
    queues.enqueue([queue("h")]);
    expect(queues.admit(queue("h"))).toBe(undefined);
    const [turn] = queues.next();
    expect(turn?.room).toBe(1);
    // It is being looked what waits.
    expect(queues.admit(queue("h"))).toBe(undefined);
    if (turn) queues.release(turn);
    expect(queues.admit(queue("h"))).toBeDefined();
    expect(queues.admit(queue("h"))).toBe(undefined);
    first?.leave(true);
    expect(queues.admit(queue("h"))).toBeDefined();
  });

  test("admit one each into the reserve", () => {
    const queues = createHookQueues(
      () => {},
      shareOf,
      () => {},
    );
    const [big, ...small] = many(400, "h");
    if (!big) return;
    let admitted = 0;
    while (queues.admit(big)) admitted++;
    expect(admitted).toBe(768);
    expect(small.filter((one) => queues.admit(one))).toHaveLength(256);
  });

  test("in trouble have half of the slots at most, and none of the reserve", () => {
    const queues = createHookQueues(
      () => {},
      shareOf,
      () => {},
    );
    const dead = many(600, "dead");
    trouble(queues, dead);
    queues.enqueue(dead);
    const all: ClaimSlot[] = [];
    for (let turns = queues.next(); turns.length > 0; turns = queues.next()) {
      all.push(...turns);
      fill(queues, turns);
      queues.enqueue(turns.map(({ queue }) => queue));
    }
    expect(sum(all)).toBe(512);
    queues.enqueue([queue("healthy")]);
    expect(roomOf(queues.next())).toEqual({ healthy: 256 });
  });

  test("are out of trouble with the first attempt that goes as it should", () => {
    const queues = createHookQueues(
      () => {},
      shareOf,
      () => {},
    );
    trouble(queues, [queue("h")]);
    queues.enqueue([queue("h")]);
    const [turn] = queues.next();
    expect(turn?.asTroubled).toBe(true);
    for (const leave of fill(queues, turn ? [turn] : [], 1)) leave(true);
    queues.enqueue([queue("h")]);
    expect(queues.next()).toMatchObject([{ asTroubled: false }]);
  });

  test("that all hang still leave a slot for each of 256 others", () => {
    const queues = createHookQueues(
      () => {},
      shareOf,
      () => {},
    );
    queues.enqueue(many(120, "hanging"));
    for (let turns = queues.next(); turns.length > 0; turns = queues.next()) {
      fill(queues, turns);
      queues.enqueue(turns.map(({ queue }) => queue));
    }
    queues.enqueue(many(400, "healthy"));
    const turns = Array.from({ length: 5 }, () => queues.next()).flat();
    expect(turns).toHaveLength(256);
    expect(turns.every(({ room }) => room === 1)).toBe(true);
    const [first] = turns;
    if (!first) return;
    for (const leave of fill(queues, [first], 1)) leave(true);
    expect(queues.next()).toHaveLength(1);
  });

  test("are fed at the earliest time that was asked for", () => {
    const onHungry = vi.fn();
    const queues = createHookQueues(onHungry, shareOf, () => {});
    queues.enqueueAfter(queue("h"), 5_000);
    queues.enqueueAfter(queue("h"), 1_000);
    queues.enqueueAfter(queue("h"), 3_000);
    vi.advanceTimersByTime(999);
    expect(onHungry).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(onHungry).toHaveBeenCalledTimes(1);
    expect(queues.next()).toHaveLength(1);
    vi.advanceTimersByTime(10_000);
    expect(onHungry).toHaveBeenCalledTimes(1);
  });

  test("are looked at after a minute when they are to be fed later than that", () => {
    const onHungry = vi.fn();
    const queues = createHookQueues(onHungry, shareOf, () => {});
    queues.enqueueAfter(queue("h"), 2 ** 40);
    vi.advanceTimersByTime(60_000);
    expect(onHungry).toHaveBeenCalledTimes(1);
  });

  test("leave no timer behind when they are closed, nor take one after", () => {
    const queues = createHookQueues(
      () => {},
      shareOf,
      () => {},
    );
    queues.enqueueAfter(queue("h"), 1_000);
    queues.enqueue([queue("i")]);
    queues.close();
    queues.enqueueAfter(queue("h"), 1_000);
    queues.enqueue([queue("i")]);
    expect(vi.getTimerCount()).toBe(0);
    expect(queues.next()).toEqual([]);
  });
});
