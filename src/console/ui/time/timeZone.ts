import { useSyncExternalStore } from "react";

const NAME = "signalbox.timeZone";
const UTC = "UTC";

/** The browser's own time zone. */
const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The time zone that times are shown in: the browser's, or UTC if that was chosen in this browser. */
export const timeZone = (): string => (localStorage.getItem(NAME) === UTC ? UTC : ownZone);

export const isUtc = (): boolean => timeZone() === UTC;

const listeners = new Set<() => void>();

function onTimeZone(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** Switches between the two. */
export function toggleTimeZone(): void {
  if (isUtc()) localStorage.removeItem(NAME);
  else localStorage.setItem(NAME, UTC);
  for (const tell of listeners) tell();
}

/** What the switch does now; null where both are the same. */
export function zoneSwitch(): string | null {
  if (ownZone === UTC) return null;
  return isUtc() ? `Times of ${ownZone}` : "Times in UTC";
}

/** The time zone, for what shows a time: it is shown again when another is chosen. */
export const useTimeZone = (): string => useSyncExternalStore(onTimeZone, timeZone);
