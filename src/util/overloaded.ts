/** Thrown when there is no room for a call right now; nothing of it was done. The message is for the caller. */
export class Overloaded extends Error {
  override name = "Overloaded" as const;
  /** Seconds after which to try again. */
  readonly retryAfter: number;

  constructor(message: string, retryAfter: number) {
    super(message);
    this.retryAfter = retryAfter;
  }
}
