import { setTimeout as pause } from "node:timers/promises";
import { usageOf } from "../usage.ts";

/** After the receiver has answered, what the hub still has to write of it. */
const SETTLES_MS = 300;

/** Milliseconds of processor time, of each thing done. */
export type Spent = { hub: number; postgres: number; both: number };

/** Does the work, so many things, and tells what a hub with its embedded PostgreSQL spent on each. */
export async function spentOn(
  pid: number,
  count: number,
  work: () => Promise<unknown>,
): Promise<Spent> {
  const before = await usageOf(pid);
  await work();
  await pause(SETTLES_MS);
  const after = await usageOf(pid);
  if (!before || !after) return { hub: Number.NaN, postgres: Number.NaN, both: Number.NaN };
  const each = (of: "hub" | "all") => ((after[of].seconds - before[of].seconds) * 1_000) / count;
  return { hub: each("hub"), postgres: each("all") - each("hub"), both: each("all") };
}
