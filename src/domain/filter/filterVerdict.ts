import { LRUCache } from "lru-cache";
import { type FilterEvent, filterInput } from "./filterEvent.ts";
import { compileFilter, FILTER_BYTES, type FilterVerdict, type HookFilter } from "./hookFilter.ts";

const compiled = new LRUCache<string, HookFilter>({
  maxSize: 16_000_000,
  sizeCalculation: ({ text }) => text.length * FILTER_BYTES + 1_000,
});

/** The verdict of a filter on an event, for the sandbox: both are plain data. */
export function filterVerdict({
  filter,
  event,
}: {
  filter: string;
  event: FilterEvent;
}): FilterVerdict {
  const known = compiled.get(filter) ?? compileFilter(filter);
  compiled.set(filter, known);
  return known.evaluate(filterInput(event));
}
