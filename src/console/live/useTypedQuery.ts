import type { AnyVariables, CombinedError, TypedDocumentNode } from "@urql/core";
import { useEffect, useState, useSyncExternalStore } from "react";
import { useClient } from "urql";
import { useSession } from "../session/session.ts";

/** Delay between the last keystroke and the request. */
const TYPED_MS = 350;

type Answer<Data> = { data?: Data | undefined; error?: CombinedError | undefined };

/**
 * The answer to a query whose variables are being typed. It is asked once they rest, and again when the connection is
 * back. While they are null, nothing is asked and the last answer stays; after an error, its data.
 */
export function useTypedQuery<Data, Variables extends AnyVariables>(
  query: TypedDocumentNode<Data, Variables>,
  variables: Variables | null,
): Answer<Data> {
  const client = useClient();
  const { activity } = useSession();
  const state = useSyncExternalStore(activity.onState, activity.state);
  const [answer, setAnswer] = useState<Answer<Data>>({});
  // The variables are a new object with each rendering.
  const text = variables && JSON.stringify(variables);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new state is a reason to ask again
  useEffect(() => {
    if (text === null) return;
    let isCurrent = true;
    const timer = setTimeout(async () => {
      const result = await client
        .query(query, JSON.parse(text), { requestPolicy: "network-only" })
        .toPromise();
      if (isCurrent) setAnswer(({ data }) => ({ data: result.data ?? data, error: result.error }));
    }, TYPED_MS);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [client, query, text, state]);
  return answer;
}
