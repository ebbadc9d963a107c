/**
 * The life of a hook: ACTIVE ⇄ PAUSED, either → DELETED (final; the row stays until retention has
 * removed the last of its deliveries); before it
 * PENDING_VERIFICATION, when its target has to consent first (hookVerification.ts). Only the switch of its
 * status changes what happens to its deliveries: a pause parks those that wait, a resume releases them, a
 * deletion cancels them; an attempt in flight ends by itself. Every change counts from the project's next config
 * version on (`Event.why` is answered from these versions). Locks are taken in one order everywhere: the queue's, the
 * hook's row, the project's row, the feed's.
 */

import type { Pool, Tx } from "../../db/connection/client.ts";
import { violates } from "../../db/connection/violates.ts";
import { lockProject } from "../../db/eventType/eventTypes.ts";
import { enterFeed } from "../../db/feed/record.ts";
import { recordHook, recordHookVersion } from "../../db/hook/hookChanges.ts";
import {
  countHooks,
  type HookRow,
  type HookStatus,
  type HookVerification,
  insertHook,
  lockedHook,
  updateHookRow,
} from "../../db/hook/hooks.ts";
import { MOVED_AT_ONCE, moveWaiting, queueSettling } from "../../db/hook/moveQueued.ts";
import { isId, newId } from "../../util/ids.ts";
import { userError } from "../../util/userError.ts";
import { checkSecret, newSecret } from "../delivery/signature.ts";
import type { SecretBox } from "../project/secretBox.ts";
import { checkBound } from "../resource/resourceType.ts";
import { ASKING, askTarget } from "./hookHandshake.ts";
import { checkHeaders } from "./hookHeaders.ts";
import { checkHookSettings, type HookInput, newHookSettings, settingsOf } from "./hookInput.ts";
import { hookContext, openHeaders } from "./hookSecrets.ts";
import { keepHeaders } from "./preserveRedactedHeaders.ts";
import { checkOverlap, rotateSecrets } from "./secretRotation.ts";
import type { CheckTarget } from "./target.ts";

/** What hooks need beside the database; `checkTarget` gives the URL as it will be called, or throws TARGET_REFUSED. */
export type HookServices = {
  sql: Pool;
  box: SecretBox;
  checkTarget: CheckTarget;
};

const MAX_HOOKS = 20_000;

/** Runs a write that may meet the unique index on names. */
async function nameFree<Result>(
  name: string | null,
  write: () => Promise<Result>,
): Promise<Result> {
  try {
    return await write();
  } catch (error) {
    if (violates(error, "hooks_name"))
      throw userError(
        "NAME_TAKEN",
        `a hook named '${name}' exists already; names are unique in a project`,
        ["name"],
      );
    throw error;
  }
}

/** Makes a hook's new rule count, under the lock of the project's head, for what follows from it. */
async function publish(tx: Tx, hook: HookRow, created = false): Promise<void> {
  await recordHookVersion(tx, hook);
  await Promise.all([enterFeed(tx, hook.projectId), recordHook(tx, hook, created)]);
}

/**
 * Registers a hook, ACTIVE at once unless its target has to consent first; events accepted from now on are matched against it. Its secret is given back
 * here and never shown again. Throws INVALID, FILTER_INVALID, TARGET_REFUSED, UNKNOWN_TYPE, NAME_TAKEN or LIMIT_REACHED.
 */
export async function registerHook(
  { sql, box, checkTarget }: HookServices,
  projectId: string,
  input: HookInput & {
    secret?: string | null | undefined;
    verification?: HookVerification | null | undefined;
  },
): Promise<{ hook: HookRow; secret: string }> {
  const settings = newHookSettings(input);
  checkHookSettings(settings, input.headers);
  await checkBound(sql, projectId, settings);
  const verification = input.verification ?? "NONE";
  const asks = verification !== "NONE";
  const secret = input.secret == null ? newSecret() : checkSecret(input.secret);
  const headers = checkHeaders(keepHeaders(input.headers, {}));
  const url = await checkTarget(input.url ?? "", projectId);
  const key = { projectId, id: newId() };
  const row = {
    ...key,
    ...settings,
    url,
    headers: sealHeaders(box, key, headers),
    verification,
    allowedPerMinute: null,
    status: asks ? ("PENDING_VERIFICATION" as const) : ("ACTIVE" as const),
    statusReason: asks ? ASKING : null,
    secrets: [{ sealed: box.seal(secret, hookContext("secrets", key)), expiresAt: null }],
  };
  const hook = await nameFree(settings.name, () =>
    sql.begin(async (tx) => {
      // Of two that are registered at once, one would not see the other.
      await lockProject(tx, projectId);
      if ((await countHooks(tx, projectId)) >= MAX_HOOKS)
        throw userError("LIMIT_REACHED", `a project has at most ${MAX_HOOKS} hooks`);
      const now = new Date();
      await insertHook(tx, row);
      if (asks) await askTarget(tx, box, row);
      const written: HookRow = { ...row, createdAt: now, updatedAt: now };
      await publish(tx, written, true);
      return written;
    }),
  );
  return { hook, secret };
}

const sealHeaders = (
  box: SecretBox,
  key: { projectId: string; id: string },
  headers: Record<string, string>,
) =>
  Object.keys(headers).length === 0
    ? null
    : box.seal(JSON.stringify(headers), hookContext("headers", key));

/** Loads a hook under its row's lock, lets `change` give its new row (null: nothing to do), and records it. */
export async function changeHook(
  sql: Pool,
  projectId: string,
  id: string,
  change: (hook: HookRow, tx: Tx) => Promise<HookRow | null>,
): Promise<HookRow> {
  if (!isId(id)) throw userError("NOT_FOUND", `no hook ${id}`, ["id"]);
  return sql.begin(async (tx) => {
    const [hook] = await lockedHook(tx, projectId, id);
    if (!hook) throw userError("NOT_FOUND", `no hook ${id}`, ["id"]);
    const changed = await change(hook, tx);
    if (!changed) return hook;
    await updateHookRow(tx, changed);
    await publish(tx, changed);
    if (changed.status !== hook.status) {
      const moved = await moveWaiting(tx, changed, changed.status);
      if (moved >= MOVED_AT_ONCE) await queueSettling(tx, changed);
    }
    return { ...changed, updatedAt: new Date() };
  });
}

/**
 * Moves what a change of a hook's state has left behind, some at a time, so that nobody waits for all of it: without
 * the queue's lock, for what was released is to be sent meanwhile.
 */
export async function settleHook(sql: Pool, projectId: string, id: string): Promise<void> {
  const moved = await sql.begin(async (tx) => {
    const [hook] = await lockedHook(tx, projectId, id);
    if (!hook) return 0;
    await enterFeed(tx, projectId);
    return moveWaiting(tx, hook, hook.status);
  });
  if (moved > 0) await settleHook(sql, projectId, id);
}

const refuseDeleted = (hook: HookRow) => {
  if (hook.status === "DELETED")
    throw userError("NOT_ALLOWED_NOW", `hook ${hook.id} is deleted`, ["id"]);
};

/**
 * Changes a hook's settings: the next attempt goes by them; bodies and matches of existing deliveries stay. A new
 * URL of a hook whose target had to consent has to consent, too; on one that is not verified yet it asks again. A
 * header given as it is shown, [redacted], keeps its value.
 */
export async function updateHook(
  { sql, box, checkTarget }: HookServices,
  projectId: string,
  id: string,
  input: HookInput,
): Promise<HookRow> {
  const url = input.url == null ? undefined : await checkTarget(input.url, projectId);
  return nameFree(input.name ?? null, () =>
    changeHook(sql, projectId, id, async (hook, tx) => {
      refuseDeleted(hook);
      const settings = settingsOf(input, hook);
      checkHookSettings(settings, input.headers);
      const headers =
        input.headers === undefined
          ? hook.headers
          : sealHeaders(
              box,
              hook,
              checkHeaders(keepHeaders(input.headers, openHeaders(box, hook))),
            );
      if (input.types != null || input.format != null) await checkBound(tx, projectId, settings);
      const changed = { ...hook, ...settings, url: url ?? hook.url, headers };
      const isWaiting = hook.status === "PENDING_VERIFICATION";
      const asks = hook.verification !== "NONE" && url !== undefined;
      if (!asks || (url === hook.url && !isWaiting)) return changed;
      if (!isWaiting && hook.status !== "ACTIVE")
        throw userError(
          "NOT_ALLOWED_NOW",
          `hook ${id} is ${hook.status}: resume it before you change its url, for the new target has to consent`,
          ["url"],
        );
      await askTarget(tx, box, hook);
      return {
        ...changed,
        status: "PENDING_VERIFICATION",
        statusReason: ASKING,
        allowedPerMinute: null,
      };
    }),
  );
}

/** Moves a hook to another status and its waiting deliveries with it; twice is the same as once. */
function setStatus(to: HookStatus, reason: string | null) {
  return ({ sql }: HookServices, projectId: string, id: string): Promise<HookRow> =>
    changeHook(sql, projectId, id, async (hook) => {
      if (hook.status === to) return null;
      refuseDeleted(hook);
      if (hook.status === "PENDING_VERIFICATION" && to !== "DELETED")
        throw userError("NOT_ALLOWED_NOW", `hook ${id} waits for its target's consent`, ["id"]);
      return { ...hook, status: to, statusReason: reason };
    });
}

/** Pauses a hook: what waits for it, and what it matches from now on, is PARKED until it is resumed. */
export const pauseHook = setStatus("PAUSED", "paused by a person");
/** Resumes a hook: everything PARKED for it is due at once. */
export const resumeHook = setStatus("ACTIVE", null);
/** Deletes a hook for good, kept for history; what waits for it is CANCELLED. */
export const deleteHook = setStatus("DELETED", "deleted by a person");

/**
 * Gives a hook a new secret; the old ones sign beside it for so many hours (0..168), so that a receiver can be
 * changed without a gap. At most 5 are live.
 */
export async function rotateHookSecret(
  { sql, box }: HookServices,
  projectId: string,
  id: string,
  overlapHours: number,
): Promise<{ hook: HookRow; secret: string }> {
  checkOverlap(overlapHours);
  const secret = newSecret();
  const hook = await changeHook(sql, projectId, id, async (current) => {
    refuseDeleted(current);
    const sealed = box.seal(secret, hookContext("secrets", current));
    return { ...current, secrets: rotateSecrets(current.secrets, sealed, overlapHours) };
  });
  return { hook, secret };
}
