import { useEffect, useRef } from "react";
import { useSession } from "../session/session.ts";
import type { News } from "./activity.ts";

/** Calls a function with all changes in the project while the component is mounted. */
export function useChanges(listener: (news: News) => void): void {
  const { activity } = useSession();
  const latest = useRef(listener);
  useEffect(() => {
    latest.current = listener;
  });
  useEffect(() => activity.onNews((news) => latest.current(news)), [activity]);
}
