/**
 * What one process may hold that is not written down: it claims no more above 2,048 attempts, and what it claimed last
 * may fill its 512 slots (deliverer.ts, queues.ts). This many may be repeated when it dies, at most.
 */
export const IN_DOUBT = 2_047 + 512;
