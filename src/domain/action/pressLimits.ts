/** How long a press may take. */
export const pressLimits = {
  /** For connecting, sending and the whole answer; the document: "it will wait for 10 seconds and give up after that". */
  timeoutMs: 10_000,
  /** A claim holds for the call's 10 s and a margin; a process that takes longer is fenced. */
  leaseMs: 25_000,
  /** A person does not wait longer than this: what nobody has taken by then is not sent any more. */
  waitSeconds: 60,
} as const;
