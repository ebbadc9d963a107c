/** One mistake: its code, a sentence, and where in the input. */
export type UserError = { code: string; message: string; path: string[] };

/** Codes of errors after which the same call may succeed later. */
const TRANSIENT = new Set([
  "UNREACHABLE",
  "TOO_MANY_REQUESTS",
  "UNAVAILABLE",
  "TIMEOUT",
  "QUERY_TIMEOUT",
]);

/**
 * What the hub refused, or that there was no answer (code UNREACHABLE). `code`, `message` and `path` are those of the first of
 * `errors`.
 */
export class SignalboxError extends Error {
  readonly code: string;
  readonly path: string[];
  readonly errors: UserError[];
  /** How long the hub asks to wait, in milliseconds; null when it does not. */
  readonly retryAfterMs: number | null;
  /** Whether the hub may have done the call, or a part of it. */
  readonly mayBeDone: boolean;

  constructor(
    errors: [UserError, ...UserError[]],
    more: { cause?: unknown; retryAfterMs?: number | null; mayBeDone?: boolean } = {},
  ) {
    const [{ code, message, path }] = errors;
    super(message, { cause: more.cause });
    this.name = "SignalboxError";
    this.code = code;
    this.path = path;
    this.errors = errors;
    this.retryAfterMs = more.retryAfterMs ?? null;
    this.mayBeDone = more.mayBeDone ?? false;
  }

  /** Whether the same call may succeed later. */
  get isTransient(): boolean {
    return TRANSIENT.has(this.code);
  }
}

/** An error with one mistake. */
export const signalboxError = (
  code: string,
  message: string,
  more?: ConstructorParameters<typeof SignalboxError>[1],
): SignalboxError => new SignalboxError([{ code, message, path: [] }], more);
