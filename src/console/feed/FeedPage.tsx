import { Pause, Play } from "lucide-react";
import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { SavedViews } from "../kept/SavedViews.tsx";
import { useAddressFilter } from "../kept/useAddressFilter.ts";
import { OverviewStrip } from "../overview/OverviewStrip.tsx";
import { useSession } from "../session/session.ts";
import { onKey } from "../shell/keys.ts";
import { Button } from "../ui/Button.tsx";
import { Page } from "../ui/layout/Page.tsx";
import { Feed } from "./Feed.tsx";
import { FeedFilters } from "./FeedFilters.tsx";
import { filterOf } from "./feedFilter.ts";
import { keptList } from "./keptList.ts";

/** The front page: events as they happen. */
export function FeedPage() {
  const { api, activity } = useSession();
  const [isPaused, setIsPaused] = useState(false);
  const { address, filter, change } = useAddressFilter(filterOf);
  const list = useMemo(() => keptList(api, activity, address), [api, activity, address]);
  const view = useSyncExternalStore(list.subscribe, list.view);
  useEffect(() => onKey("p", () => setIsPaused((was) => !was)), []);
  return (
    <Page
      title="Feed"
      isFilled
      tools={
        <>
          <SavedViews page="feed" />
          <Button aria-pressed={isPaused} onClick={() => setIsPaused(!isPaused)}>
            {isPaused ? <Play size={14} /> : <Pause size={14} />}
            <span>
              {isPaused ? `Resume${view.waiting > 0 ? `, ${view.waiting} waiting` : ""}` : "Pause"}
            </span>
          </Button>
        </>
      }
    >
      <div>
        <OverviewStrip />
        <FeedFilters filter={filter} onChange={change} />
      </div>
      <Feed key={address} list={list} view={view} isPaused={isPaused} isFiltered={address !== ""} />
    </Page>
  );
}
