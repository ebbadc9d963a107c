import type { HookAuth } from "../../domain/hookAuth/hookAuth.ts";
import type { Poster, PostRequest } from "../../outbound/call/post.ts";
import type { Reply } from "../../outbound/call/reply.ts";
import { createTokens } from "./tokens.ts";

/** Makes calls as a `Poster` does, with the hook's token or client certificate. */
export type HookCaller = {
  /**
   * Fetching a token counts as part of the call: its time, and its failure. A token that the target answers with 401
   * is not used again, and the next call fetches another: no second request is made within one call.
   */
  post(request: PostRequest & { auth?: HookAuth | undefined }): Promise<Reply>;
};

export function createHookCaller(poster: Poster): HookCaller {
  const tokens = createTokens(poster);

  async function withToken(request: PostRequest, auth: HookAuth): Promise<Reply> {
    const { oauth2 } = auth;
    if (!oauth2) return poster.post(request);
    const startedAt = performance.now();
    const { value, failure } = await tokens.get(auth, oauth2, request);
    const spentMs = Math.round(performance.now() - startedAt);
    if (failure)
      return {
        ...failure,
        ...{ statusCode: null, remoteAddress: null, elapsedMs: spentMs },
        requestHeaders: request.headers,
        ...{ responseHeaders: null, responseBody: null, responseTruncated: false },
      };
    const reply = await poster.post({
      ...request,
      timeoutMs: Math.max(1, request.timeoutMs - spentMs),
      headers: { ...request.headers, authorization: `Bearer ${value}` },
    });
    if (reply.statusCode === 401) tokens.drop(auth, value);
    return { ...reply, elapsedMs: reply.elapsedMs + spentMs };
  }

  return {
    post(request) {
      const { auth } = request;
      if (!auth) return poster.post(request);
      return withToken({ ...request, ...(auth.tls && { tls: auth.tls }) }, auth);
    },
  };
}
