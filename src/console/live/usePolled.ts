import type { AnyVariables, TypedDocumentNode } from "@urql/core";
import { useEffect } from "react";
import { type UseQueryArgs, useQuery } from "urql";

/** A query that is polled while the page is visible, for counters that no stream reports. */
export function usePolled<Data, Variables extends AnyVariables>(
  query: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  everyMs: number,
): Data | undefined {
  const args = { query, variables, requestPolicy: "cache-and-network" };
  const [{ data }, execute] = useQuery<Data, Variables>(args as UseQueryArgs<Variables, Data>);
  useEffect(() => {
    const read = () => {
      if (document.visibilityState === "visible") execute({ requestPolicy: "network-only" });
    };
    const timer = setInterval(read, everyMs);
    document.addEventListener("visibilitychange", read);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", read);
    };
  }, [execute, everyMs]);
  return data;
}
