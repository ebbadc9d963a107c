import { setTimeout as pause } from "node:timers/promises";
import { type Spread, spread } from "../../bench/measure.ts";
import type { HubProcess } from "../../fixtures/process.ts";
import { holds } from "../row.ts";
import type { Ledger } from "./ledger.ts";
import { until } from "./until.ts";

export const EMIT_MANY = `mutation ($input: [EmitEventInput!]!) {
  emitEvents(input: $input) { events { id } userErrors { message } } }`;

const ARRIVE_WITHIN_MS = 30_000;
/** A machine that is busy with others moves the percentiles of a few samples by more than the factor 2. */
const ALWAYS_FINE_MS = 300;
const AT_MOST_MS = 1_000;

/** Milliseconds from the start of an emit to the ledger, of every delivery to so many healthy hooks (P10). */
export async function latencies(
  hub: HubProcess,
  ledger: Ledger,
  {
    name,
    rounds,
    hooks,
    everyMs = 0,
  }: { name: string; rounds: number; hooks: number; everyMs?: number },
): Promise<Spread> {
  const startedAt = new Map<string, number>();
  for (let round = 0; round < rounds; round++) {
    const at = Date.now();
    const input = [{ type: "healthy", data: { name, round } }];
    const { emitEvents } = await hub.run<{ emitEvents: { events: { id: string }[] } }>(EMIT_MANY, {
      input,
    });
    for (const { id } of emitEvents.events) startedAt.set(id, at);
    const spare = at + everyMs - Date.now();
    if (spare > 0) await pause(spare);
  }
  const arrived = () => ledger.entries().filter(({ id }) => startedAt.has(id));
  await until(
    "the healthy hooks are called",
    () => arrived().length === rounds * hooks,
    ARRIVE_WITHIN_MS,
  );
  return spread(arrived().map(({ id, at }) => at - (startedAt.get(id) ?? 0)));
}

/** Healthy hooks hardly notice what goes on beside them. */
export function holdsSpeed(before: Spread, beside: Spread) {
  holds(beside.p95 <= AT_MOST_MS, `healthy p95 is ${Math.round(beside.p95)} ms`);
  holds(
    beside.p95 <= Math.max(before.p95 * 2, ALWAYS_FINE_MS),
    `healthy p95 went from ${Math.round(before.p95)} to ${Math.round(beside.p95)} ms`,
  );
}
