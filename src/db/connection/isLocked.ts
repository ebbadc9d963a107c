/** Whether a statement failed because of a lock: lock_not_available or deadlock_detected. */
export const isLocked = (error: unknown): boolean =>
  error instanceof Error && "code" in error && /^(55P03|40P01)$/.test(String(error.code));
