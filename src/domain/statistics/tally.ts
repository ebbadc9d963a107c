import type { Counts, Place, Scope, Step } from "../../db/statistics/statistics.ts";
import { startOfStep } from "./steps.ts";

const none = (): Counts => ({
  ...{ accepted: 0, succeeded: 0, failed: 0, retried: 0 },
  ...{ latencies: {}, answers: {} },
});

function addMap(to: Record<string, number>, from: Readonly<Record<string, number>> = {}): void {
  for (const [key, count] of Object.entries(from)) to[key] = (to[key] ?? 0) + count;
}

/** Adds `from` to `to`. */
function addCounts(to: Counts, from: Readonly<Partial<Counts>>): void {
  to.accepted += from.accepted ?? 0;
  to.succeeded += from.succeeded ?? 0;
  to.failed += from.failed ?? 0;
  to.retried += from.retried ?? 0;
  addMap(to.latencies, from.latencies);
  addMap(to.answers, from.answers);
}

/** The sum of counts. */
export function sumOf(counts: readonly Readonly<Counts>[]): Counts {
  const sum = none();
  for (const each of counts) addCounts(sum, each);
  return sum;
}

const steps: readonly Step[] = ["MINUTE", "HOUR"];

/** Counts by place, beginning with the given ones. */
export function createTally(given: readonly (Place & Counts)[] = []) {
  const rows = new Map<string, Place & Counts>();
  function addAt(place: Place, counts: Readonly<Partial<Counts>>): void {
    const { scope, subject, step, at } = place;
    const key = `${scope} ${step} ${at.getTime()} ${subject}`;
    let row = rows.get(key);
    if (!row) {
      row = { ...place, ...none() };
      rows.set(key, row);
    }
    addCounts(row, counts);
  }
  for (const { scope, subject, step, at, ...counts } of given)
    addAt({ scope, subject, step, at }, counts);
  const addTo = (scope: Scope, subject: string, time: Date, counts: Readonly<Partial<Counts>>) => {
    for (const step of steps) addAt({ scope, subject, step, at: startOfStep(step, time) }, counts);
  };
  return {
    addAt,
    /** Adds what happened at a time to the project, and to a hook and an event type if there are. */
    add(time: Date, hookId: string | null, type: string | null, counts: Readonly<Partial<Counts>>) {
      addTo("PROJECT", "", time, counts);
      if (hookId !== null) addTo("HOOK", hookId, time, counts);
      if (type !== null) addTo("TYPE", type, time, counts);
    },
    addToHook: (time: Date, hookId: string, counts: Readonly<Partial<Counts>>) =>
      addTo("HOOK", hookId, time, counts),
    rows: (): (Place & Counts)[] => [...rows.values()],
  };
}
