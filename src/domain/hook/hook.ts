/**
 * The life of a hook: ACTIVE ⇄ PAUSED, ACTIVE → DISABLED (by the hub: delivery/retire.ts) → ACTIVE, all → DELETED (final; the row
 * stays until retention has removed the last of its deliveries). It starts as PENDING_VERIFICATION when its target must consent first (hookVerification.ts). Only a
 * change of status (hookStatus.ts) affects deliveries: pausing parks those that wait, resuming and enabling release them, deleting cancels them; an
 * attempt in flight ends by itself. Every change takes effect with the project's next config version (`Event.why` is
 * computed from these versions). Locks are always taken in this order: the hook queue's, the hook's row, the project's
 * row, the feed's.
 */

import { isDeepStrictEqual } from "node:util";
import type { Pool, Tx } from "../../db/connection/client.ts";
import { lockProject } from "../../db/eventType/eventTypes.ts";
import { enterFeed } from "../../db/feed/record.ts";
import { recordHook, recordHookVersion } from "../../db/hook/hookChanges.ts";
import { resetHealth, wakeHeld } from "../../db/hook/hookHealth.ts";
import {
  countHooks,
  type HookRow,
  type HookVerification,
  insertHook,
  lockedHook,
  updateHookRow,
} from "../../db/hook/hooks.ts";
import { MOVED_AT_ONCE, moveWaiting, queueSettling } from "../../db/hook/moveQueued.ts";
import { isId, newId } from "../../util/ids.ts";
import { userError } from "../../util/userError.ts";
import type { AuditAction } from "../audit/auditAction.ts";
import { auditHook } from "../audit/auditHook.ts";
import { checkSuitsTarget } from "../hookAuth/hookAuth.ts";
import { newAuth } from "../hookAuth/newAuth.ts";
import { changedSecrets, makeSecret, type Signature } from "../hookSecret/hookSignature.ts";
import { checkNewSelection } from "../payload/checkSelection.ts";
import { checkTemplate } from "../payload/checkTemplate.ts";
import type { PayloadRunner } from "../payload/payloadRunner.ts";
import type { SecretBox } from "../project/secretBox.ts";
import { checkTypesHaveResource } from "../resource/resourceType.ts";
import { AWAITING_CONSENT, requestConsent } from "./hookHandshake.ts";
import { changedHeaders, checkHeaders } from "./hookHeaders.ts";
import { checkHookSettings, type HookInput, newHookSettings, settingsOf } from "./hookInput.ts";
import { openHeaders, sealHeaders } from "./hookSecrets.ts";
import { preserveHeaders } from "./preserveRedactedHeaders.ts";
import type { CheckTarget } from "./target.ts";
import { withUniqueName } from "./uniqueHook.ts";

/** The services that hooks need. `checkTarget` returns the URL as it will be called, or throws TARGET_REFUSED. */
export type HookServices = {
  sql: Pool;
  box: SecretBox;
  checkTarget: CheckTarget;
  payloads: PayloadRunner;
};

const MAX_HOOKS = 20_000;
export const PAUSED_BY_PERSON = "paused by a person";

/** Publishes a hook's new rule under the lock of the project's head, so that matching and the feed agree. */
async function publish(tx: Tx, hook: HookRow, created = false): Promise<void> {
  await recordHookVersion(tx, hook);
  await Promise.all([enterFeed(tx, hook.projectId), recordHook(tx, hook, created)]);
}

/**
 * Registers a hook. It is ACTIVE at once unless it is to be PAUSED or its target must consent first; events accepted from now on are matched
 * against it. The secret is returned here and never shown again; null with ED25519. Throws INVALID, FILTER_INVALID, TARGET_REFUSED,
 * UNKNOWN_TYPE, NAME_TAKEN or LIMIT_REACHED.
 */
export async function registerHook(
  { sql, box, checkTarget, payloads }: HookServices,
  projectId: string,
  input: HookInput & {
    signature?: Signature | null | undefined;
    secret?: string | null | undefined;
    verification?: HookVerification | null | undefined;
    /** Its id, if the caller has chosen a new one. */
    id?: string | undefined;
    paused?: boolean | null | undefined;
  },
): Promise<{ hook: HookRow; secret: string | null }> {
  const settings = newHookSettings(input);
  checkHookSettings(settings, input.headers);
  await checkTemplate(payloads, projectId, settings);
  await checkTypesHaveResource(sql, projectId, settings);
  const verification = input.verification ?? "NONE";
  const needsConsent = verification !== "NONE";
  if (input.paused && needsConsent)
    throw userError(
      "INVALID",
      "paused cannot be true with a verification: the target's consent makes the hook ACTIVE",
      ["paused"],
    );
  const key = { projectId, id: input.id ?? newId() };
  const secret = makeSecret(box, key, input.signature ?? "HMAC_SHA256", input.secret);
  const headers = checkHeaders(preserveHeaders(input.headers, {}));
  const url = await checkTarget(input.url ?? "", projectId);
  const auth = await newAuth({ box, checkTarget }, key, input);
  const [status, statusReason] = input.paused
    ? (["PAUSED", PAUSED_BY_PERSON] as const)
    : needsConsent
      ? (["PENDING_VERIFICATION", AWAITING_CONSENT] as const)
      : (["ACTIVE", null] as const);
  const row = {
    ...key,
    ...settings,
    url,
    headers: sealHeaders(box, key, headers),
    verification,
    allowedPerMinute: null,
    status,
    statusReason,
    secrets: [{ ...secret.stored, expiresAt: null }],
    auth: auth ?? null,
  };
  checkSuitsTarget(row, () => headers);
  const hook = await withUniqueName(settings, () =>
    sql.begin(async (tx) => {
      // Without the lock, two concurrent registrations would not count each other.
      await lockProject(tx, projectId);
      if ((await countHooks(tx, projectId)) >= MAX_HOOKS)
        throw userError("LIMIT_REACHED", `a project has at most ${MAX_HOOKS} hooks`);
      await checkNewSelection(tx, projectId, settings);
      const [times] = await insertHook(tx, row);
      if (!times) throw new Error("a hook was not inserted");
      if (needsConsent) await requestConsent(tx, box, row);
      const written: HookRow = { ...row, ...times };
      await auditHook(tx, "registerHook", null, written);
      await publish(tx, written, true);
      return written;
    }),
  );
  return { hook, secret: secret.shown };
}

/** Loads a hook under its row's lock, writes the row that `change` returns (null: no change), and publishes it. */
export async function changeHook(
  sql: Pool,
  projectId: string,
  id: string,
  action: AuditAction,
  change: (hook: HookRow, tx: Tx) => Promise<HookRow | null>,
): Promise<HookRow> {
  if (!isId(id)) throw userError("NOT_FOUND", `no hook ${id}`, ["id"]);
  return sql.begin(async (tx) => {
    const [hook] = await lockedHook(tx, projectId, id);
    if (!hook) throw userError("NOT_FOUND", `no hook ${id}`, ["id"]);
    const changed = await change(hook, tx);
    if (!changed) return hook;
    const [times] = await updateHookRow(tx, changed);
    await auditHook(tx, action, hook, changed);
    await publish(tx, changed);
    if (changed.status !== hook.status && hook.status === "DISABLED") await resetHealth(tx, hook);
    else if (changed.url !== hook.url || changed.status !== hook.status) await wakeHeld(tx, hook);
    if (changed.status !== hook.status) {
      const moved = await moveWaiting(tx, changed, changed.status);
      if (moved >= MOVED_AT_ONCE) await queueSettling(tx, projectId, [changed]);
    }
    return { ...changed, ...times };
  });
}

export const rejectDeleted = (hook: HookRow) => {
  if (hook.status === "DELETED")
    throw userError("NOT_ALLOWED_NOW", `hook ${hook.id} is deleted`, ["id"]);
};

/** The status of a hook that is to be paused or not. One that waits for its target's consent is left alone. */
function pausedAs({ status, statusReason }: HookRow, isPaused: boolean | null | undefined) {
  const isAsked = isPaused != null && isPaused === (status === "ACTIVE");
  if (!isAsked || status === "PENDING_VERIFICATION") return { status, statusReason };
  return isPaused
    ? { status: "PAUSED" as const, statusReason: PAUSED_BY_PERSON }
    : { status: "ACTIVE" as const, statusReason: null };
}

/**
 * Changes a hook's settings for later attempts; bodies and matches of existing deliveries stay. When the target had to
 * consent, a new URL must consent, too; updating the URL of an unverified hook repeats the request. A header sent as
 * [redacted] keeps its value. A secret replaces all others; another signature makes a new secret, which is returned
 * unless it is a private key. Nothing is changed when anything is refused.
 */
export async function updateHook(
  { sql, box, checkTarget, payloads }: HookServices,
  projectId: string,
  id: string,
  input: HookInput & {
    signature?: Signature | null | undefined;
    secret?: string | null | undefined;
    isPaused?: boolean | null | undefined;
    /** Instead of `headers`: what of them changes; null takes one away. */
    changedHeaders?: Record<string, string | null> | undefined;
  },
): Promise<{ hook: HookRow; secret: string | null }> {
  let secret: string | null = null;
  const url = input.url == null ? undefined : await checkTarget(input.url, projectId);
  await checkTemplate(payloads, projectId, input);
  const auth = await newAuth({ box, checkTarget }, { projectId, id }, input);
  const hook = await withUniqueName(input, () =>
    changeHook(sql, projectId, id, "updateHook", async (hook, tx) => {
      rejectDeleted(hook);
      const settings = settingsOf(input, hook);
      const before = () => openHeaders(box, hook);
      const headersGiven = input.changedHeaders
        ? changedHeaders(before(), input.changedHeaders)
        : input.headers;
      checkHookSettings(settings, headersGiven);
      const next =
        headersGiven === undefined
          ? before()
          : checkHeaders(preserveHeaders(headersGiven, before()));
      // Sealed again they would look as if they had changed.
      const headers = isDeepStrictEqual(next, before())
        ? hook.headers
        : sealHeaders(box, hook, next);
      if (input.types != null || input.format != null)
        await checkTypesHaveResource(tx, projectId, settings);
      if (input.selection != null || input.types != null)
        await checkNewSelection(tx, projectId, settings, hook);
      const { secrets, shown } = changedSecrets(box, hook, input);
      secret = shown;
      const changed = {
        ...{ ...hook, ...settings, url: url ?? hook.url, headers, secrets },
        ...{ auth: auth === undefined ? hook.auth : auth, ...pausedAs(hook, input.isPaused) },
      };
      checkSuitsTarget(changed, () => openHeaders(box, changed));
      const isWaiting = hook.status === "PENDING_VERIFICATION";
      const needsConsent = hook.verification !== "NONE" && url !== undefined;
      if (!needsConsent || (url === hook.url && !isWaiting)) return changed;
      if (!isWaiting && hook.status !== "ACTIVE")
        throw userError(
          "NOT_ALLOWED_NOW",
          `hook ${id} is ${hook.status}: ${hook.status === "DISABLED" ? "enable" : "resume"} it before you change its url, for the new target has to consent`,
          ["url"],
        );
      await requestConsent(tx, box, hook);
      return {
        ...changed,
        status: "PENDING_VERIFICATION",
        statusReason: AWAITING_CONSENT,
        allowedPerMinute: null,
      };
    }),
  );
  return { hook, secret };
}
