import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createLanes, type Lanes, type Turn } from "../../src/worker/delivery/hookQueues.ts";

const lane = (hookId: string) => ({ projectId: "p", hookId });
const many = (count: number, name: string) =>
  Array.from({ length: count }, (_, i) => lane(`${name}${i}`));
const roomOf = (turns: Turn[]) =>
  Object.fromEntries(turns.map(({ lane, room }) => [lane.hookId, room]));
const sum = (turns: Turn[]) => turns.reduce((all, { room }) => all + room, 0);

/** What is known of how many a hook may have in flight. */
const shares = new Map<string, number>();
const shareOf = (hookId: string) => shares.get(hookId) ?? Number.POSITIVE_INFINITY;

/** Ends the claims of these turns, each having taken all it might; gives what ends their attempts. */
function fill(lanes: Lanes, turns: Turn[], maxInFlight = 16): ((isWell: boolean) => void)[] {
  return turns.flatMap((turn) => {
    shares.set(turn.lane.hookId, maxInFlight);
    const leaves = Array.from({ length: Math.min(turn.room, maxInFlight) }, () =>
      lanes.enter(turn.lane),
    );
    lanes.release(turn);
    return leaves;
  });
}

/** Makes these lanes ones whose last three attempts failed. */
function trouble(lanes: Lanes, names: { projectId: string; hookId: string }[]) {
  for (let round = 0; round < 3; round++) {
    for (let left = names; left.length > 0; left = left.slice(64)) {
      lanes.feed(left.slice(0, 64));
      for (const leave of fill(lanes, lanes.next(), 1)) leave(false);
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

describe("the lanes of a process", () => {
  test("take turns in the order in which they became hungry, 64 a claim", () => {
    const lanes = createLanes(
      () => {},
      shareOf,
      () => {},
    );
    lanes.feed(many(100, "h"));
    const first = lanes.next();
    expect(first.map(({ lane }) => lane.hookId)).toEqual(many(64, "h").map(({ hookId }) => hookId));
    lanes.feed([lane("h0")]);
    const second = lanes.next();
    expect(second).toHaveLength(36);
    expect(roomOf(second)).not.toHaveProperty("h0");
    for (const turn of [...first, ...second]) lanes.release(turn);
    expect(lanes.next().map(({ lane }) => lane.hookId)).toEqual(["h0"]);
  });

  test("share the free slots, a quarter kept for those that have none", () => {
    const lanes = createLanes(
      () => {},
      shareOf,
      () => {},
    );
    lanes.feed([lane("big")]);
    expect(roomOf(lanes.next())).toEqual({ big: 768 });
    lanes.feed(many(64, "h"));
    const turns = lanes.next();
    expect(turns.every(({ room }) => room === 1)).toBe(true);
    expect(turns).toHaveLength(64);
  });

  test("never have more slots in all than there are, those of claims under way included", () => {
    const lanes = createLanes(
      () => {},
      shareOf,
      () => {},
    );
    const all: Turn[] = [];
    for (let i = 0; i < 20; i++) {
      lanes.feed(many(64, `${i}-`));
      all.push(...lanes.next());
    }
    expect(sum(all)).toBe(1_024);
    lanes.feed([lane("late")]);
    expect(lanes.next()).toEqual([]);
    const [first] = all;
    if (first) lanes.release(first);
    expect(roomOf(lanes.next())).not.toEqual({});
  });

  test("keep to their share of a hook's limit", () => {
    const lanes = createLanes(
      () => {},
      shareOf,
      () => {},
    );
    lanes.feed([lane("h")]);
    const leaves = fill(lanes, lanes.next(), 3);
    expect(leaves).toHaveLength(3);
    lanes.feed([lane("h")]);
    expect(lanes.next()).toEqual([]);
    leaves.pop()?.(true);
    const [turn] = lanes.next();
    expect(turn?.room).toBe(1);
    if (!turn) return;
    // Another process has come meanwhile, and with it a smaller share.
    shares.set("h", 2);
    lanes.feed([turn.lane]);
    lanes.release(turn);
    expect(lanes.next()).toEqual([]);
    leaves.pop()?.(true);
    expect(roomOf(lanes.next())).toEqual({ h: 1 });
  });

  test("without a share are not waited for, and have their turns once they have one", () => {
    const lanes = createLanes(
      () => {},
      shareOf,
      () => {},
    );
    shares.set("h", 0);
    lanes.feed([lane("h")]);
    lanes.feedLater(lane("h"), 100);
    vi.advanceTimersByTime(100);
    expect(lanes.next()).toEqual([]);
    expect(lanes.admit(lane("h"))).toBe(undefined);
    shares.set("h", 1);
    expect(lanes.next()).toEqual([]);
    lanes.feed([lane("h")]);
    expect(roomOf(lanes.next())).toEqual({ h: 1 });
  });

  test("admit what is being accepted while they have slots, and nothing waits before it", () => {
    const lanes = createLanes(
      () => {},
      shareOf,
      () => {},
    );
    shares.set("h", 2);
    const first = lanes.admit(lane("h"));
    expect(first).toBeDefined();
    lanes.feed([lane("h")]);
    expect(lanes.admit(lane("h"))).toBe(undefined);
    const [turn] = lanes.next();
    expect(turn?.room).toBe(1);
    // It is being looked what waits.
    expect(lanes.admit(lane("h"))).toBe(undefined);
    if (turn) lanes.release(turn);
    expect(lanes.admit(lane("h"))).toBeDefined();
    expect(lanes.admit(lane("h"))).toBe(undefined);
    first?.leave(true);
    expect(lanes.admit(lane("h"))).toBeDefined();
  });

  test("admit one each into the reserve", () => {
    const lanes = createLanes(
      () => {},
      shareOf,
      () => {},
    );
    const [big, ...small] = many(400, "h");
    if (!big) return;
    let admitted = 0;
    while (lanes.admit(big)) admitted++;
    expect(admitted).toBe(768);
    expect(small.filter((one) => lanes.admit(one))).toHaveLength(256);
  });

  test("in trouble have half of the slots at most, and none of the reserve", () => {
    const lanes = createLanes(
      () => {},
      shareOf,
      () => {},
    );
    const dead = many(600, "dead");
    trouble(lanes, dead);
    lanes.feed(dead);
    const all: Turn[] = [];
    for (let turns = lanes.next(); turns.length > 0; turns = lanes.next()) {
      all.push(...turns);
      fill(lanes, turns);
      lanes.feed(turns.map(({ lane }) => lane));
    }
    expect(sum(all)).toBe(512);
    lanes.feed([lane("healthy")]);
    expect(roomOf(lanes.next())).toEqual({ healthy: 256 });
  });

  test("are out of trouble with the first attempt that goes as it should", () => {
    const lanes = createLanes(
      () => {},
      shareOf,
      () => {},
    );
    trouble(lanes, [lane("h")]);
    lanes.feed([lane("h")]);
    const [turn] = lanes.next();
    expect(turn?.asTroubled).toBe(true);
    for (const leave of fill(lanes, turn ? [turn] : [], 1)) leave(true);
    lanes.feed([lane("h")]);
    expect(lanes.next()).toMatchObject([{ asTroubled: false }]);
  });

  test("that all hang still leave a slot for each of 256 others", () => {
    const lanes = createLanes(
      () => {},
      shareOf,
      () => {},
    );
    lanes.feed(many(120, "hanging"));
    for (let turns = lanes.next(); turns.length > 0; turns = lanes.next()) {
      fill(lanes, turns);
      lanes.feed(turns.map(({ lane }) => lane));
    }
    lanes.feed(many(400, "healthy"));
    const turns = Array.from({ length: 5 }, () => lanes.next()).flat();
    expect(turns).toHaveLength(256);
    expect(turns.every(({ room }) => room === 1)).toBe(true);
    const [first] = turns;
    if (!first) return;
    for (const leave of fill(lanes, [first], 1)) leave(true);
    expect(lanes.next()).toHaveLength(1);
  });

  test("are fed at the earliest time that was asked for", () => {
    const onHungry = vi.fn();
    const lanes = createLanes(onHungry, shareOf, () => {});
    lanes.feedLater(lane("h"), 5_000);
    lanes.feedLater(lane("h"), 1_000);
    lanes.feedLater(lane("h"), 3_000);
    vi.advanceTimersByTime(999);
    expect(onHungry).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(onHungry).toHaveBeenCalledTimes(1);
    expect(lanes.next()).toHaveLength(1);
    vi.advanceTimersByTime(10_000);
    expect(onHungry).toHaveBeenCalledTimes(1);
  });

  test("are looked at after a minute when they are to be fed later than that", () => {
    const onHungry = vi.fn();
    const lanes = createLanes(onHungry, shareOf, () => {});
    lanes.feedLater(lane("h"), 2 ** 40);
    vi.advanceTimersByTime(60_000);
    expect(onHungry).toHaveBeenCalledTimes(1);
  });

  test("leave no timer behind when they are closed, nor take one after", () => {
    const lanes = createLanes(
      () => {},
      shareOf,
      () => {},
    );
    lanes.feedLater(lane("h"), 1_000);
    lanes.feed([lane("i")]);
    lanes.close();
    lanes.feedLater(lane("h"), 1_000);
    lanes.feed([lane("i")]);
    expect(vi.getTimerCount()).toBe(0);
    expect(lanes.next()).toEqual([]);
  });
});
