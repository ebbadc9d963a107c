import type { ResultOf } from "gql.tada";
import { useEffect, useState } from "react";
import { useClient } from "urql";
import { graphql } from "../../gql/graphql.ts";
import { type HookDraft, inputOf, problemsOf } from "./hookDraft.ts";

const PreviewDocument = graphql(`
  query PreviewHook($input: PreviewHookInput!) {
    previewHook(input: $input, first: 10) {
      userErrors { code message path }
      trials { event { id name occurredAt } reason detail contentType body error orderKey orderDetail }
    }
  }
`);

export type Preview = ResultOf<typeof PreviewDocument>["previewHook"];

/** Delay between the last keystroke and the request. */
const TYPED_MS = 350;

/** The server's preview of a draft as it is typed; null until the first one. While the draft has obvious errors, the last one. */
export function usePreview(draft: HookDraft): Preview | null {
  const client = useClient();
  const [preview, setPreview] = useState<Preview | null>(null);
  useEffect(() => {
    if (Object.keys(problemsOf(draft)).length > 0) return;
    let isCurrent = true;
    const timer = setTimeout(async () => {
      const { types, url, format, filter, userId, channels, headers, ...more } = inputOf(draft);
      const { orderBy, template, templateContentType, selection, changed } = more;
      const input = {
        ...{ types, url, format, filter, userId, channels, headers: headers ?? null },
        ...{ orderBy, template, templateContentType, selection, changed },
      };
      const { data, error } = await client
        .query(PreviewDocument, { input }, { requestPolicy: "network-only" })
        .toPromise();
      if (!isCurrent) return;
      const message = error?.networkError ? "The hub cannot be reached." : (error?.message ?? "");
      setPreview(
        data?.previewHook ?? { userErrors: [{ code: "INVALID", message, path: [] }], trials: [] },
      );
    }, TYPED_MS);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [client, draft]);
  return preview;
}
