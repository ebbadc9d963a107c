/** How many levels a JSON value may nest, wherever one is given; `signalbox.emit` in SQL has the same. */
export const MAX_JSON_DEPTH = 64;

/** Whether a value nests deeper: writing it as text could overflow the stack. */
export const isTooDeep = (value: unknown, levels = MAX_JSON_DEPTH): boolean =>
  typeof value === "object" &&
  value !== null &&
  (levels === 0 || Object.values(value).some((item) => isTooDeep(item, levels - 1)));
