import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { newId } from "../../src/util/ids.ts";
import { createPeers } from "../../src/worker/delivery/peers.ts";

const many = (count: number) => Array.from({ length: count }, newId);

/** The workers of an installation, each of which sees them all. */
function installation(count: number) {
  const ids = many(count);
  return ids.map((id) => {
    const peers = createPeers(id);
    peers.see(ids);
    vi.advanceTimersByTime(5_000);
    return peers;
  });
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the workers of an installation", () => {
  test.each([1, 2, 3, 5, 16])("share all of a hook's slots, and no more, as %i", (count) => {
    const workers = installation(count);
    for (const hookId of many(50)) {
      for (const maxInFlight of [1, 2, 3, 7, 16, 100]) {
        const shares = workers.map((peers) => peers.shareOf(hookId, maxInFlight));
        expect(shares.reduce((sum, share) => sum + share, 0)).toBe(maxInFlight);
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
      }
    }
  });

  test("agree on their shares in whichever order they see each other", () => {
    const ids = many(4);
    const [id = ""] = ids;
    const [one, other] = [createPeers(id), createPeers(id)];
    one.see(ids);
    other.see([...ids.slice(1)].reverse());
    vi.advanceTimersByTime(5_000);
    for (const hookId of many(50)) expect(one.shareOf(hookId, 6)).toBe(other.shareOf(hookId, 6));
  });

  test("each have the one slot of some hooks", () => {
    const hookIds = many(200);
    for (const peers of installation(4)) {
      expect(hookIds.some((hookId) => peers.shareOf(hookId, 1) === 1)).toBe(true);
    }
  });

  test("leave a hook with one slot to whoever had it when another goes", () => {
    const ids = many(3);
    const [gone = "", ...staying] = ids;
    for (const id of staying) {
      const peers = createPeers(id);
      peers.see(ids);
      vi.advanceTimersByTime(5_000);
      const had = many(100).filter((hookId) => peers.shareOf(hookId, 1) === 1);
      peers.see(ids.filter((other) => other !== gone));
      for (const hookId of had) expect(peers.shareOf(hookId, 1)).toBe(1);
    }
  });

  test("that come have nothing before the others can have seen them, and all when they are alone", () => {
    const [id = "", other = "", third = ""] = many(3);
    const [before, newcomer] = [createPeers(id), createPeers(other)];
    before.see([]);
    newcomer.see([id]);
    expect(newcomer.shareOf(newId(), 16)).toBe(0);
    expect(newcomer.shareOf(newId(), Number.POSITIVE_INFINITY)).toBe(0);
    vi.advanceTimersByTime(4_999);
    before.see([other]);
    expect(newcomer.shareOf(newId(), 16)).toBe(0);
    expect(before.shareOf(newId(), 16)).toBe(8);
    vi.advanceTimersByTime(1);
    expect(newcomer.shareOf(newId(), 16)).toBe(8);
    const alone = createPeers(third);
    alone.see([id]);
    alone.see([]);
    expect(alone.shareOf(newId(), 16)).toBe(16);
  });

  test("that are one have all of a hook's slots from the start", () => {
    const peers = createPeers(newId());
    expect(peers.shareOf(newId(), 16)).toBe(16);
    expect(peers.hasOthers()).toBe(false);
    expect(peers.isSettled()).toBe(true);
  });

  test("count what others have in flight for a time after one has come or gone, longer than any claim", () => {
    const [id = "", other = ""] = many(2);
    const peers = createPeers(id);
    for (const seen of [[other], []]) {
      peers.see(seen);
      expect(peers.hasOthers()).toBe(seen.length > 0);
      expect(peers.isSettled()).toBe(false);
      // A claim lasts twice the longest timeout of a hook, and 15 s.
      vi.advanceTimersByTime((2 * 60 + 15) * 1_000);
      expect(peers.isSettled()).toBe(false);
      vi.advanceTimersByTime(60_000);
      expect(peers.isSettled()).toBe(true);
      // Seeing the same ones again is no change.
      peers.see([...seen, id]);
      expect(peers.isSettled()).toBe(true);
    }
  });
});
