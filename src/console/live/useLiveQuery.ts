import type { AnyVariables, CombinedError, TypedDocumentNode } from "@urql/core";
import { useEffect, useRef } from "react";
import { type UseQueryArgs, useQuery } from "urql";
import { useSession } from "../session/session.ts";
import type { Changed } from "./activityDocument.ts";
import { useChanges } from "./useChanges.ts";

/** Minimum interval between two reloads of a page. */
const PAUSE_MS = 400;

type LiveResult<Data> = {
  data: Data | undefined;
  error: CombinedError | undefined;
  /** Whether nothing has been loaded yet. */
  isLoading: boolean;
  refresh: () => void;
};

/** A query that is reloaded whenever something that it is about changes. Nothing is polled. */
export function useLiveQuery<Data, Variables extends AnyVariables>(
  query: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  isAbout: (changed: Changed) => boolean,
): LiveResult<Data> {
  const args = { query, variables, requestPolicy: "cache-and-network" };
  const [{ data, error, fetching, stale }, execute] = useQuery<Data, Variables>(
    args as UseQueryArgs<Variables, Data>,
  );
  const isReading = fetching || stale;
  const pending = useRef<ReturnType<typeof setTimeout> | null>(null);
  const isDue = useRef(false);
  const read = useRef(() => {});
  useEffect(() => {
    read.current = () => {
      // A request in progress may be older than the change, and the client runs only one at a time.
      isDue.current = isReading;
      if (!isReading) execute({ requestPolicy: "network-only" });
    };
    if (isDue.current) read.current();
  }, [isReading, execute]);
  const refresh = () => {
    pending.current ??= setTimeout(() => {
      pending.current = null;
      read.current();
    }, PAUSE_MS);
  };
  useEffect(
    () => () => {
      if (pending.current) clearTimeout(pending.current);
      pending.current = null;
    },
    [],
  );
  const { activity } = useSession();
  useEffect(() => {
    if (!error) return;
    // Retries after the connection is back.
    return activity.onState(() => {
      if (activity.state() === "live") read.current();
    });
  }, [activity, error]);
  useChanges((news) => {
    if (news === "missed" || news.some(isAbout)) refresh();
  });
  return { data, error, isLoading: fetching && data === undefined, refresh };
}
