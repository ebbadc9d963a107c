import { isUtc } from "./timeZone.ts";

/** A time as the browser's control for times has it, in the chosen zone; empty if it is none. */
export function fieldTime(at: string): string {
  const moment = new Date(at);
  if (Number.isNaN(moment.getTime())) return "";
  const offset = isUtc() ? 0 : moment.getTimezoneOffset();
  return new Date(moment.getTime() - offset * 60_000).toISOString().slice(0, 19);
}

/** What the control holds, for the API; null if that is no time. */
export function timeInField(text: string): string | null {
  const time = Date.parse(isUtc() && text !== "" ? `${text}Z` : text);
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}
