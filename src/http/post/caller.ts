import type { IncomingMessage } from "node:http";
import type { Caller } from "../../graphql/builder/context.ts";
import { requestError } from "../../graphql/gate/requestError.ts";
import { type KeyMistake, keyMistake } from "./keyMistake.ts";

/**
 * Finds the caller by an `Authorization` header (scheme case-insensitive); null if the key is
 * invalid.
 */
export type Authenticate = (authorization: string | null) => Promise<Caller | null>;

const keyMistakes: Readonly<Record<KeyMistake, string>> = {
  missing: "No API key: send the header Authorization: Bearer <key>.",
  "no scheme":
    "The Authorization header must begin with the word Bearer: Authorization: Bearer <key>.",
  placeholder: "The API key is a placeholder: replace it by a key of this hub.",
  wrong: "This API key is unknown or has been revoked.",
};

/** What is wrong with an `Authorization` header whose key is invalid, and what would be right. */
export const keyMessage = (authorization: string | undefined): string =>
  keyMistakes[keyMistake(authorization)];

/** The caller of a request. Throws UNAUTHENTICATED, which says what is wrong with the header. */
export async function callerOf(
  { headers }: IncomingMessage,
  authenticate: Authenticate,
): Promise<Caller> {
  const caller = await authenticate(headers.authorization ?? null);
  if (caller) return caller;
  throw requestError("UNAUTHENTICATED", keyMessage(headers.authorization));
}
