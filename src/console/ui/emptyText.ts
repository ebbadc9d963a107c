/**
 * The text of an empty page. A page covers a bounded number of the newest rows: with a status
 * filter, older ones may match.
 */
export function emptyText(isFiltered: boolean, hasMore: boolean): string {
  if (hasMore) return "None of the newest has this status. Older ones may.";
  return isFiltered ? "None with this status." : "None yet.";
}
