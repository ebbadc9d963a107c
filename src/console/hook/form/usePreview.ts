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

/** The server's preview of a draft as it is typed; null while the draft has obvious errors. */
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
      const { data } = await client
        .query(PreviewDocument, { input }, { requestPolicy: "network-only" })
        .toPromise();
      if (isCurrent && data) setPreview(data.previewHook);
    }, TYPED_MS);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [client, draft]);
  return preview;
}
