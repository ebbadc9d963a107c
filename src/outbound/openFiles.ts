import { closeSync, openSync, readFileSync } from "node:fs";
import { type HubFailure, toHubFailure } from "./call/hubFailure.ts";

/** How many files and sockets this process may have open (`ulimit -n`); Infinity where that cannot be told. */
function openFileLimit(): number {
  try {
    const limits = readFileSync("/proc/self/limits", "utf8");
    return Number(/^Max open files +(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

const limit = openFileLimit();

/** `most`, or less where few files may be open: so that all that share them find some. */
export const withinOpenFiles = (most: number, share: number): number =>
  Math.max(4, Math.min(most, Math.floor(limit * share)));

/** Whether a file can be opened now; c-ares, for one, says of a lack of them that no server could be reached. */
export function shortageNow(): HubFailure | null {
  try {
    closeSync(openSync("/dev/null", "r"));
    return null;
  } catch (error) {
    return toHubFailure(error);
  }
}
