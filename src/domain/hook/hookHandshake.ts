/**
 * The two handshakes by which a target consents, before it receives anything else. HOOK_SECRET (resthooks.org): a POST
 * with `X-Hook-Secret`, which the target echoes, now or later by confirmHook. CLOUD_EVENTS (CloudEvents 1.0, HTTP
 * webhooks, section 4): an OPTIONS with `WebHook-Request-Origin`, answered by `WebHook-Allowed-Origin`; the status of
 * that answer means nothing.
 */
import { randomBytes, timingSafeEqual } from "node:crypto";
import type { Tx } from "../../db/connection/client.ts";
import { beginHandshake } from "../../db/hook/handshakes.ts";
import type { HookRow, HookVerification } from "../../db/hook/hooks.ts";
import type { SecretBox } from "../project/secretBox.ts";
import { hookContext } from "./hookSecrets.ts";

/** What a hook says of itself while its target was not heard yet. */
export const ASKING = "its target is being asked for consent";

/** Begins the handshake of a hook that is being written: under a new secret, which only this target will learn. */
export const askTarget = (
  tx: Tx,
  box: SecretBox,
  hook: Pick<HookRow, "projectId" | "id">,
): Promise<void> =>
  beginHandshake(
    tx,
    hook,
    box.seal(randomBytes(32).toString("base64url"), hookContext("handshake", hook)),
  );

/** Whether a secret is the one that the target was asked to echo; in a time that tells nothing of it. */
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

/** The call that asks. `origin` is the host this hub is known by. */
export const handshakeRequest = (hook: HookRow, secret: string, origin: string) => ({
  url: hook.url,
  timeoutMs: hook.timeoutMs,
  body: "",
  ...(hook.verification === "CLOUD_EVENTS"
    ? { method: "OPTIONS" as const, headers: { "webhook-request-origin": origin } }
    : { method: "POST" as const, headers: { "x-hook-secret": secret } }),
});

/** What a target answered, or why it did not. */
type HandshakeReply = {
  statusCode: number | null;
  responseHeaders: Record<string, string> | null;
  error: string | null;
};

/** Consent, or a sentence on what was missing; `isSilent` when no answer came and it is worth asking again. */
export type HandshakeVerdict =
  | { consents: true; allowedPerMinute: number | null }
  | { consents: false; reason: string; isSilent: boolean };

const refused = (reason: string): HandshakeVerdict => ({
  consents: false,
  reason,
  isSilent: false,
});

/** What an answer to `handshakeRequest` means. */
export function judgeHandshake(
  verification: HookVerification,
  { statusCode, responseHeaders, error }: HandshakeReply,
  secret: string,
  origin: string,
): HandshakeVerdict {
  if (statusCode === null)
    return { consents: false, reason: `the target did not answer: ${error}`, isSilent: true };
  const headers = responseHeaders ?? {};
  return verification === "CLOUD_EVENTS"
    ? judgeOptions(statusCode, headers, origin)
    : judgeEcho(statusCode, headers, secret);
}

function judgeEcho(
  statusCode: number,
  headers: Record<string, string>,
  secret: string,
): HandshakeVerdict {
  const echo = headers["x-hook-secret"];
  if ((statusCode === 200 || statusCode === 204) && echo === secret)
    return { consents: true, allowedPerMinute: null };
  const lack =
    echo === undefined
      ? " without X-Hook-Secret"
      : echo === secret
        ? ", where 200 or 204 is asked for"
        : " with another X-Hook-Secret";
  return refused(`the target answered ${statusCode}${lack}; confirmHook(id, secret) confirms it`);
}

const MAX_RATE = 2 ** 31 - 1;

function judgeOptions(
  statusCode: number,
  headers: Record<string, string>,
  origin: string,
): HandshakeVerdict {
  const allowed = headers["webhook-allowed-origin"];
  // Servers may know the hub by its name alone, without the port.
  const names = ["*", origin, origin.replace(/:\d+$/, "")];
  if (allowed === undefined || !names.includes(allowed.trim().toLowerCase())) {
    const lack =
      allowed === undefined
        ? "without WebHook-Allowed-Origin"
        : "with WebHook-Allowed-Origin for another";
    return refused(
      `the target answered OPTIONS with ${statusCode} ${lack}, where '${origin}' or '*' is asked for; updateHook(url) asks again`,
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
