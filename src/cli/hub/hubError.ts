/** The hub refused a call, or could not be reached. The message is a sentence for people. */
export class HubError extends Error {
  override name = "HubError" as const;
  /** What the hub asks to wait, in milliseconds, when the same call may succeed later; undefined when it will not. */
  readonly retryAfterMs: number | null | undefined;

  constructor(message: string, more: { cause?: unknown; retryAfterMs?: number | null } = {}) {
    super(message, { cause: more.cause });
    this.retryAfterMs = more.retryAfterMs;
  }
}
