import { useSyncExternalStore } from "react";
import { hubNow } from "./hubClock.ts";

const listeners = new Set<() => void>();
let now = hubNow();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (!timer) {
    now = hubNow();
    timer = setInterval(() => {
      now = hubNow();
      for (const tell of listeners) tell();
    }, 1_000);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** The time by the hub's clock, updated every second. */
export const useNow = (): number => useSyncExternalStore(subscribe, () => now);

/** The start of the minute that it is, for what need not be rendered every second. */
export const useMinute = (): number =>
  useSyncExternalStore(subscribe, () => Math.floor(now / 60_000) * 60_000);
