import { Pause, Play } from "lucide-react";
import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { useSearchParams } from "wouter";
import { SavedViews } from "../kept/SavedViews.tsx";
import { OverviewStrip } from "../overview/OverviewStrip.tsx";
import { useSession } from "../session/session.ts";
import { onKey } from "../shell/keys.ts";
import { Button } from "../ui/Button.tsx";
import { Page } from "../ui/layout/Page.tsx";
import { Feed } from "./Feed.tsx";
import { FeedFilters } from "./FeedFilters.tsx";
import { type FeedFilter, filterOf } from "./feedFilter.ts";
import { keptList } from "./keptList.ts";

/** The front page: events as they happen. */
export function FeedPage() {
  const { api, activity } = useSession();
  const [params, setParams] = useSearchParams();
  const [isPaused, setIsPaused] = useState(false);
  const address = params.toString();
  const filter = useMemo(() => filterOf(new URLSearchParams(address)), [address]);
  const list = useMemo(() => keptList(api, activity, address), [api, activity, address]);
  const view = useSyncExternalStore(list.subscribe, list.view);
  const change = useCallback(
    (changes: Partial<FeedFilter>) =>
      setParams(
        (before) => {
          const all = Object.entries({ ...filterOf(before), ...changes });
          return new URLSearchParams(all.filter(([, value]) => value !== ""));
        },
        { replace: true },
      ),
    [setParams],
  );
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
