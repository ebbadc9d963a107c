/**
 * The life of a hook whose target must consent: PENDING_VERIFICATION ⟶ ACTIVE, once its target has answered the
 * handshake or confirmHook was called; back again when its URL is changed. While it is pending it matches no events
 * (UNVERIFIED), and deliveries that waited before are PARKED.
 */
import type { Pool } from "../../db/connection/client.ts";
import { askAgain, type ClaimedHandshake, sealedHandshake } from "../../db/hook/handshakes.ts";
import type { HookRow } from "../../db/hook/hooks.ts";
import { userError } from "../../util/userError.ts";
import { actAs, hubItself } from "../audit/actor.ts";
import { changeHook, type HookServices } from "./hook.ts";
import { type HandshakeVerdict, isHandshakeSecret } from "./hookHandshake.ts";

/** How long a handshake's claim holds, and how often it is made. */
export const handshakeLimits = {
  /** A claim holds for the hook's timeout and this; then another process makes the request. */
  leaseMarginMs: 5_000,
  /** A target that does not respond is asked three times, with these delays. */
  retryAfterMs: [1_000, 5_000],
} as const;

const verified = (hook: HookRow, allowedPerMinute: number | null): HookRow => ({
  ...hook,
  status: "ACTIVE",
  statusReason: null,
  allowedPerMinute,
});

/** Writes the result of a handshake; does nothing when the hook was changed, confirmed or asked anew meanwhile. */
export const recordHandshakeResult = (
  sql: Pool,
  { hook: claimed, sealed, attempt }: ClaimedHandshake,
  verdict: HandshakeVerdict,
): Promise<HookRow> =>
  actAs(hubItself, () =>
    changeHook(sql, claimed.projectId, claimed.id, "confirmHook", async (hook, tx) => {
      const isCurrent = (await sealedHandshake(tx, hook)) === sealed;
      if (hook.status !== "PENDING_VERIFICATION" || !isCurrent) return null;
      const retryMs =
        verdict.consents || !verdict.isSilent
          ? undefined
          : handshakeLimits.retryAfterMs[attempt - 1];
      await askAgain(tx, hook, retryMs ?? null);
      if (verdict.consents) return verified(hook, verdict.allowedPerMinute);
      const next = retryMs === undefined ? "; updateHook(url) asks again" : "; it is asked again";
      return { ...hook, statusReason: verdict.reason + (verdict.isSilent ? next : "") };
    }),
  );

/**
 * Confirms a hook with the secret that its target received. Idempotent. Throws INVALID for another secret, NOT_FOUND,
 * or NOT_ALLOWED_NOW for a hook that has none to confirm.
 */
export const confirmHook = (
  { sql, box }: HookServices,
  projectId: string,
  id: string,
  secret: string,
): Promise<HookRow> =>
  changeHook(sql, projectId, id, "confirmHook", async (hook, tx) => {
    const sealed = await sealedHandshake(tx, hook);
    if (hook.verification !== "HOOK_SECRET" || sealed === null || hook.status === "DELETED") {
      const message =
        hook.verification === "CLOUD_EVENTS"
          ? `hook ${id} is confirmed by its target's answer to OPTIONS; updateHook(url) asks it again`
          : `hook ${id} has nothing to confirm`;
      throw userError("NOT_ALLOWED_NOW", message, ["id"]);
    }
    if (!isHandshakeSecret(box, hook, sealed, secret))
      throw userError(
        "INVALID",
        "secret is not the X-Hook-Secret that the hook's target was sent",
        ["secret"],
      );
    if (hook.status !== "PENDING_VERIFICATION") return null;
    await askAgain(tx, hook, null);
    return verified(hook, null);
  });
