/**
 * What an empty page says. It is what was found among so many of the newest: where one state is asked for, older ones
 * may be in it.
 */
export function lackOf(isFiltered: boolean, hasMore: boolean): string {
  if (hasMore) return "None of the newest has this status. Older ones may.";
  return isFiltered ? "None with this status." : "None yet.";
}
