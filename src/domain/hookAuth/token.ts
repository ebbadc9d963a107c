/** OAuth2 client credentials (RFC 6749, 4.4): the request for an access token, and what its answer says. */
import { isObject } from "../../util/json/isObject.ts";
import type { OAuth2Client } from "./hookAuth.ts";

/** Without `expires_in` (RFC 6749 only recommends it) a token is used for so long. */
const DEFAULT_LIFE_MS = 300_000;
/** A token may last a day; it is asked for again at least as often. */
const MAX_LIFE_MS = 24 * 3_600_000;
/** A token is given up so long before it expires, or after three quarters of a shorter life. */
const MARGIN_MS = 60_000;
const MAX_TOKEN = 16_384;

/** RFC 6749, 2.3.1: both parts are form-encoded before they are joined. */
const formEncoded = (text: string) => new URLSearchParams([["", text]]).toString().slice(1);

/** The request to the token endpoint. */
export function tokenRequest(client: OAuth2Client) {
  const { clientId, clientSecret, scope, audience } = client;
  const isBasic = client.clientAuthentication === "CLIENT_SECRET_BASIC";
  const form = new URLSearchParams({
    grant_type: "client_credentials",
    ...(scope !== null && { scope }),
    ...(audience !== null && { audience }),
    ...(!isBasic && { client_id: clientId, client_secret: clientSecret }),
  });
  const credentials = `${formEncoded(clientId)}:${formEncoded(clientSecret)}`;
  return {
    url: client.tokenUrl,
    body: form.toString(),
    headers: {
      accept: "application/json",
      "content-type": "application/x-www-form-urlencoded",
      ...(isBasic && { authorization: `Basic ${Buffer.from(credentials).toString("base64")}` }),
    },
  };
}

export type Token = { value: string; usableMs: number };

type TokenAnswer = { statusCode: number | null; error: string | null; responseBody: string | null };

/** The members of a JSON object; none if the text is not one. */
function membersOf(text: string | null): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text ?? "");
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

/** RFC 6749, 5.2. Of the answer nothing else is told: it may repeat a secret. */
const errorCode = (error: unknown) =>
  typeof error === "string" && /^[a-z_]{1,60}$/.test(error) ? ` (${error})` : "";

function lifeOf(expiresIn: unknown): number {
  const seconds = Number(expiresIn);
  const isGiven = expiresIn !== null && expiresIn !== "" && Number.isFinite(seconds);
  const lifeMs = isGiven ? Math.min(Math.max(seconds, 0) * 1_000, MAX_LIFE_MS) : DEFAULT_LIFE_MS;
  return lifeMs - Math.min(MARGIN_MS, lifeMs / 4);
}

/** The token of an answer, or a sentence on why there is none. */
export function readToken({ statusCode, error, responseBody }: TokenAnswer): Token | string {
  const failed = (what: string) => `oauth2 error: the token endpoint ${what}`;
  if (statusCode === null) return failed(`cannot be used: ${error}`);
  const answer = membersOf(responseBody);
  if (statusCode < 200 || statusCode > 299)
    return failed(`answered ${statusCode}${errorCode(answer.error)}`);
  // With the status of a success the call failed all the same, such as by its timeout.
  if (error !== null) return failed(`cannot be used: ${error}`);
  const { access_token: value, token_type: type = "Bearer", expires_in } = answer;
  if (typeof value !== "string" || value === "")
    return failed(`answered ${statusCode} without an access_token${errorCode(answer.error)}`);
  if (value.length > MAX_TOKEN || !/^[\x21-\x7e]+$/.test(value))
    return failed(`gave a token that is no Bearer token of at most ${MAX_TOKEN} characters`);
  if (String(type).toLowerCase() !== "bearer")
    return failed("gave a token of a type other than Bearer");
  return { value, usableMs: lifeOf(expires_in) };
}
