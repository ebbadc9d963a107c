const hourMs = 3_600_000;
const jitter = 0.2;

/** RFC 9110 IMF-fixdate, the only form of HTTP-date that may still be generated. */
const httpDate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** A `Retry-After` value as milliseconds from now; 0 for an invalid value. */
function retryAfterMs(value: string): number {
  const text = value.trim();
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  return httpDate.test(text) ? Date.parse(text) - Date.now() || 0 : 0;
}

/** An answer, as far as it asks to wait. */
type Answered = { statusCode: number | null; retryAfter?: string | null | undefined };

/** The milliseconds for which a 429 or 503 asks to be left alone by `Retry-After`: at most 1 h, 0 if it does not. */
export const askedPauseMs = ({ statusCode, retryAfter }: Answered): number =>
  statusCode === 429 || statusCode === 503
    ? Math.min(Math.max(retryAfterMs(retryAfter ?? ""), 0), hourMs)
    : 0;

/** 5 s, 15 s, 45 s … ×3 up to 1 h. */
const defaultDelayMs = (attempt: number) => Math.min(5000 * 3 ** (attempt - 1), hourMs);

/**
 * Milliseconds from the end of try number `attempt` (from 1) to the next. The schedule is the default one or
 * `scheduleMs`, whose last value repeats, with ±20 % jitter. `Retry-After` of a 429 or 503 can only delay it further,
 * by at most 1 h. Never throws for what a receiver sent.
 */
export function nextDelayMs(
  tried: Answered & { attempt: number; scheduleMs?: number[] | null; random?: () => number },
): number {
  const { attempt, scheduleMs, random = Math.random } = tried;
  const base = scheduleMs?.[attempt - 1] ?? scheduleMs?.at(-1) ?? defaultDelayMs(attempt);
  const planned = Math.round(base * (1 - jitter + 2 * jitter * random()));
  return Math.max(planned, askedPauseMs(tried));
}
