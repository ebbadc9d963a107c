import type { ResultOf } from "gql.tada";
import { graphql } from "../../gql/graphql.ts";
import { useTypedQuery } from "../../live/useTypedQuery.ts";
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

/** What the preview uses of a draft. */
function previewInputOf(draft: HookDraft) {
  const { types, url, format, filter, userId, channels, headers, ...more } = inputOf(draft);
  const { orderBy, template, templateContentType, selection, changed } = more;
  return {
    ...{ types, url, format, filter, userId, channels, headers: headers ?? null },
    ...{ orderBy, template, templateContentType, selection, changed },
  };
}

/** The server's preview of a draft as it is typed; null until the first one. While the draft has obvious errors, the last one. */
export function usePreview(draft: HookDraft): Preview | null {
  const isWrong = Object.keys(problemsOf(draft)).length > 0;
  const { data, error } = useTypedQuery(
    PreviewDocument,
    isWrong ? null : { input: previewInputOf(draft) },
  );
  if (!error) return data?.previewHook ?? null;
  const message = error.networkError ? "The hub cannot be reached." : error.message;
  return { userErrors: [{ code: "INVALID", message, path: [] }], trials: [] };
}
