import { LRUCache } from "lru-cache";
import type { HookAuth, OAuth2Client } from "../../domain/hookAuth/hookAuth.ts";
import { readToken, type Token, tokenRequest } from "../../domain/hookAuth/token.ts";
import type { Poster, PostRequest } from "../../outbound/call/post.ts";
import type { Reply } from "../../outbound/call/reply.ts";

/** A token, or the failed call that would have brought it. */
type TokenResult =
  | { value: string; failure: null }
  | { value: null; failure: Pick<Reply, "outcome" | "error"> };

/** The limit in bytes for all tokens of a process; the least recently used is dropped first. */
const MAX_BYTES = 16_000_000;
const ENTRY_BYTES = 500;
const TIMEOUT_MS = 10_000;
/** The largest answer that is read. */
const ANSWER_BYTES = 65_536;

/** The access tokens of one process, each fetched once for all attempts that wait for it. */
export function createTokens(poster: Poster) {
  const kept = new LRUCache<string, Token>({
    maxSize: MAX_BYTES,
    sizeCalculation: ({ value }) => ENTRY_BYTES + value.length,
  });
  const pending = new Map<string, Promise<TokenResult>>();

  async function fetch(
    { id, tls }: HookAuth,
    client: OAuth2Client,
    { timeoutMs, holder, signal }: PostRequest,
  ): Promise<TokenResult> {
    const reply = await poster.post({
      ...tokenRequest(client),
      ...{ timeoutMs: Math.min(timeoutMs, TIMEOUT_MS), keptBytes: ANSWER_BYTES },
      ...(tls && { tls }),
      ...(holder !== undefined && { holder }),
      ...(signal && { signal }),
    });
    const token = readToken(reply);
    if (typeof token === "string") {
      const outcome = reply.outcome === "REFUSED" ? "REFUSED" : "CONNECTION_ERROR";
      return { value: null, failure: { outcome, error: token } };
    }
    if (token.usableMs > 0) kept.set(id, token, { ttl: token.usableMs });
    return { value: token.value, failure: null };
  }

  return {
    /** The kept token, or a new one within the timeout of the request. Throws HubFailure. */
    async get(auth: HookAuth, client: OAuth2Client, request: PostRequest): Promise<TokenResult> {
      const token = kept.get(auth.id);
      if (token) return { value: token.value, failure: null };
      const asked =
        pending.get(auth.id) ?? fetch(auth, client, request).finally(() => pending.delete(auth.id));
      pending.set(auth.id, asked);
      return asked;
    },
    /** Drops a token that a target has refused, unless another one has replaced it. */
    drop({ id }: HookAuth, value: string) {
      if (kept.peek(id)?.value === value) kept.delete(id);
    },
  };
}
