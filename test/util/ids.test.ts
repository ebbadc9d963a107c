import { afterEach, describe, expect, it, vi } from "vitest";
import { isId, newId } from "../../src/util/ids.ts";

afterEach(() => void vi.useRealTimers());

const many = (count: number) => Array.from({ length: count }, newId);

describe("a new id", () => {
  it("is a UUIDv7 of now", async () => {
    // A copy of its own: other tests of this process may have set the clock ahead, and ids go on from there.
    const copy: string = "../../src/util/ids.ts?own";
    const own: { newId(): string } = await import(copy);
    const before = Date.now();
    const id = own.newId();
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(isId(id)).toBe(true);
    const ms = Number.parseInt(id.replace("-", "").slice(0, 12), 16);
    expect(ms).toBeGreaterThanOrEqual(before);
    expect(ms).toBeLessThanOrEqual(Date.now());
  });

  it("sorts behind those before, however many a millisecond has, and when the clock is set back", () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const ids = many(10_000);
    vi.setSystemTime(Date.now() - 60_000);
    ids.push(...many(10_000));
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(ids.toSorted());
  });
});
