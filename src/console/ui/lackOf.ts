/**
 * What an empty page says. It is what was found among so many of the newest: where one state is asked for, older ones
 * may be in it.
 */
export function lackOf(isFiltered: boolean, hasMore: boolean): string {
  if (hasMore) return "None of the newest is in this state. Older ones may be.";
  return isFiltered ? "None in this state." : "None yet.";
}
