/** More is asked for than there is room for just now; nothing of it was done. The message is for the caller. */
export class Overloaded extends Error {
  override name = "Overloaded" as const;
  /** In how many seconds to try again. */
  readonly retryAfter: number;

  constructor(message: string, retryAfter: number) {
    super(message);
    this.retryAfter = retryAfter;
  }
}
