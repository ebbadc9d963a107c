/**
 * The two handshakes by which a target consents before it receives anything else. HOOK_SECRET (resthooks.org): a POST
 * with `X-Hook-Secret`, which the target echoes, or confirms later by confirmHook. CLOUD_EVENTS (CloudEvents 1.0, HTTP
 * webhooks, section 4): an OPTIONS with `WebHook-Request-Origin`, answered by `WebHook-Allowed-Origin`; the response's
 * status has no meaning.
 */
import { randomBytes, timingSafeEqual } from "node:crypto";
import type { Tx } from "../../db/connection/client.ts";
import { beginHandshake } from "../../db/hook/handshakes.ts";
import type { HookRow, HookVerification } from "../../db/hook/hooks.ts";
import type { SecretBox } from "../project/secretBox.ts";
import { hookContext } from "./hookSecrets.ts";

/** The status reason of a hook whose target has not answered yet. */
export const AWAITING_CONSENT = "its target is being asked for consent";

/** Begins the handshake of a hook that is being written, with a new secret that only this target will receive. */
export const requestConsent = (
  tx: Tx,
  box: SecretBox,
  hook: Pick<HookRow, "projectId" | "id">,
): Promise<void> =>
  beginHandshake(
    tx,
    hook,
    box.seal(randomBytes(32).toString("base64url"), hookContext("handshake", hook)),
  );

/** Whether a secret is the one sent to the target; compared in constant time. */
export function isHandshakeSecret(
  box: SecretBox,
  hook: Pick<HookRow, "projectId" | "id">,
  sealed: string,
  given: string,
): boolean {
  const right = Buffer.from(box.open(sealed, hookContext("handshake", hook)));
  const bytes = Buffer.from(given);
  return bytes.length === right.length && timingSafeEqual(bytes, right);
}

/** The handshake request. `origin` is this hub's public host. */
export const handshakeRequest = (hook: HookRow, secret: string, origin: string) => ({
  url: hook.url,
  timeoutMs: hook.timeoutMs,
  body: "",
  ...(hook.verification === "CLOUD_EVENTS"
    ? { method: "OPTIONS" as const, headers: { "webhook-request-origin": origin } }
    : { method: "POST" as const, headers: { "x-hook-secret": secret } }),
});

/** The target's response, or why there was none. */
type HandshakeReply = {
  statusCode: number | null;
  responseHeaders: Record<string, string> | null;
  error: string | null;
};

/** Consent, or a sentence on what is missing. `isSilent`: there was no response, so that asking again may help. */
export type HandshakeVerdict =
  | { consents: true; allowedPerMinute: number | null }
  | { consents: false; reason: string; isSilent: boolean };

const refused = (reason: string): HandshakeVerdict => ({
  consents: false,
  reason,
  isSilent: false,
});

/** The verdict for a response to `handshakeRequest`. */
export function handshakeVerdict(
  verification: HookVerification,
  { statusCode, responseHeaders, error }: HandshakeReply,
  secret: string,
  origin: string,
): HandshakeVerdict {
  if (statusCode === null)
    return { consents: false, reason: `the target did not answer: ${error}`, isSilent: true };
  const headers = responseHeaders ?? {};
  return verification === "CLOUD_EVENTS"
    ? optionsVerdict(statusCode, headers, origin)
    : echoVerdict(statusCode, headers, secret);
}

function echoVerdict(
  statusCode: number,
  headers: Record<string, string>,
  secret: string,
): HandshakeVerdict {
  const echo = headers["x-hook-secret"];
  if ((statusCode === 200 || statusCode === 204) && echo === secret)
    return { consents: true, allowedPerMinute: null };
  const missing =
    echo === undefined
      ? " without X-Hook-Secret"
      : echo === secret
        ? ", where 200 or 204 is asked for"
        : " with another X-Hook-Secret";
  return refused(
    `the target answered ${statusCode}${missing}; confirmHook(id, secret) confirms it`,
  );
}

const MAX_RATE = 2 ** 31 - 1;

function optionsVerdict(
  statusCode: number,
  headers: Record<string, string>,
  origin: string,
): HandshakeVerdict {
  const allowed = headers["webhook-allowed-origin"];
  // Servers may know the hub by its host name alone, without the port.
  const names = ["*", origin, origin.replace(/:\d+$/, "")];
  if (allowed === undefined || !names.includes(allowed.trim().toLowerCase())) {
    const missing =
      allowed === undefined
        ? "without WebHook-Allowed-Origin"
        : "with WebHook-Allowed-Origin for another";
    return refused(
      `the target answered OPTIONS with ${statusCode} ${missing}, where '${origin}' or '*' is asked for; updateHook(url) asks again`,
    );
  }
  const rate = headers["webhook-allowed-rate"]?.trim() ?? "*";
  if (rate === "*") return { consents: true, allowedPerMinute: null };
  const perMinute = /^\d+$/.test(rate) ? Math.min(Number(rate), MAX_RATE) : 0;
  if (perMinute > 0) return { consents: true, allowedPerMinute: perMinute };
  return refused(
    "the target answered with a WebHook-Allowed-Rate that is neither * nor a positive whole number; updateHook(url) asks again",
  );
}
