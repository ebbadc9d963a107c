import type { Client } from "@urql/core";
import { entryId } from "../kept/historyEntry.ts";
import type { Activity } from "../live/activity.ts";
import { filterOf, variablesOf } from "./feedFilter.ts";
import { createFeedList, type FeedList } from "./feedList.ts";

type Kept = { entry: string; address: string; activity: Activity; list: FeedList; end: () => void };
let kept: Kept | undefined;

/**
 * The list of a view of the feed. The last one lives on while other pages are shown, so that going back finds the rows
 * that were loaded, and what has become of them.
 */
export function keptList(api: Client, activity: Activity, address: string): FeedList {
  const entry = entryId();
  if (kept?.entry === entry && kept.address === address && kept.activity === activity)
    return kept.list;
  kept?.end();
  const list = createFeedList(api, activity, variablesOf(filterOf(new URLSearchParams(address))));
  kept = { entry, address, activity, list, end: list.subscribe(() => {}) };
  return list;
}
