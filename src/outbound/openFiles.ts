import { closeSync, openSync, readFileSync } from "node:fs";
import { type HubFailure, toHubFailure } from "./call/hubFailure.ts";

/** The limit of open files and sockets of this process (`ulimit -n`); Infinity if unknown. */
function openFileLimit(): number {
  try {
    const limits = readFileSync("/proc/self/limits", "utf8");
    return Number(/^Max open files +(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

const limit = openFileLimit();

/** `most`, or less if few files may be open, so that all users of files get some. */
export const withinOpenFiles = (most: number, share: number): number =>
  Math.max(4, Math.min(most, Math.floor(limit * share)));

/**
 * Checks whether a file can be opened now. c-ares, for example, reports a lack of descriptors as an
 * unreachable server.
 */
export function shortageNow(): HubFailure | null {
  try {
    closeSync(openSync("/dev/null", "r"));
    return null;
  } catch (error) {
    return toHubFailure(error);
  }
}
