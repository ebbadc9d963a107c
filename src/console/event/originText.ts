const texts: Readonly<Record<string, string>> = {
  API: "Emitted over the API",
  MANUAL: "Triggered by hand",
  REST: "A resource changed",
  SCHEDULE: "A schedule was due",
  SQL: "Emitted in SQL, in a transaction",
  SYSTEM: "The hub itself",
  TEST: "A test of a hook",
};

/** How an event came to be, in words. */
export const originText = (origin: string): string => texts[origin] ?? origin;
