/** How long a delivery's claim holds, and how often it may be lost. */
export const claimLimits = {
  /** The longest timeout of a hook or a step. */
  maxTimeoutMs: 60_000,
  /** A claim holds for twice the hook's timeout and this; a process that lives longer without finishing is fenced. */
  leaseMarginMs: 15_000,
  /**
   * Deaths in flight after which a delivery is left for a person to decide. Nobody knows which of many took a process
   * down, so those that were there twice are retried alone (worker/delivery/isolation.ts): the third death has one cause.
   */
  quarantineAfter: 3,
} as const;
