import { lockedAction, type PressRow, pressByKey, writePress } from "../../db/action/presses.ts";
import type { Pool, Tx } from "../../db/connection/client.ts";
import { violates } from "../../db/connection/violates.ts";
import { isId, newId } from "../../util/ids.ts";
import { type UserErrorCode, userError } from "../../util/userError.ts";
import { audit } from "../audit/audit.ts";
import { checkLine } from "../input/singleLineText.ts";
import type { Caller } from "../project/authenticator.ts";

/** The services that pressing needs. */
export type PressServices = {
  sql: Pool;
  /** Whether this process sends the presses it accepts: `onPressed` then wakes it, and a job would be overhead. */
  sendsHere: boolean;
  /** Called after the commit. */
  onPressed: (press: { projectId: string; pressId: string }) => void;
};

type PressInput = {
  actionId: string;
  confirm: boolean;
  idempotencyKey?: string | null | undefined;
};

const MAX_KEY = 255;

/** Throws when the state of the action or of its event forbids a press. */
function checkPressable(
  action: NonNullable<Awaited<ReturnType<typeof lockedAction>>[number]>,
): void {
  const rejection = (code: UserErrorCode, message: string) =>
    userError(code, message, ["actionId"]);
  const { id, url, expiresAt, completedAt } = action;
  if (action.external)
    throw rejection(
      "ACTION_EXTERNAL",
      `action ${id} is external: open ${url}, the hub calls nothing`,
    );
  if (action.eventStatus === "CANCELLED")
    throw rejection("NOT_ALLOWED_NOW", `the event of action ${id} is cancelled`);
  if (action.isEarly)
    throw rejection(
      "NOT_ALLOWED_NOW",
      `action ${id} can be pressed when its event is due, not before`,
    );
  if (action.status === "RUNNING")
    throw rejection("ACTION_BUSY", `a press of action ${id} is under way; wait for its end`);
  if (action.status === "COMPLETE" && !action.repeat)
    throw rejection(
      "ACTION_COMPLETE",
      `action ${id} is complete since ${completedAt?.toISOString()}; only one with repeat may be pressed again`,
    );
  if (action.isExpired)
    throw rejection("ACTION_EXPIRED", `action ${id} expired at ${expiresAt.toISOString()}`);
}

/**
 * The press that was accepted under the same idempotency key. Throws IDEMPOTENCY_CONFLICT when it is of another action.
 */
async function pressOfKey(
  tx: Tx,
  projectId: string,
  { actionId, idempotencyKey }: PressInput,
): Promise<PressRow | undefined> {
  if (idempotencyKey == null) return undefined;
  const [press] = await pressByKey(tx, projectId, idempotencyKey);
  if (press && press.actionId !== actionId.toLowerCase())
    throw userError(
      "IDEMPOTENCY_CONFLICT",
      `idempotency key '${idempotencyKey}' was used before for another action; use a new key for a new press`,
      ["idempotencyKey"],
    );
  return press;
}

const isKeyTaken = (error: unknown) => violates(error, "presses_idempotency_key");

/**
 * Accepts a press: stores it, for a worker to send at once. A repeated idempotency key returns the same press and sends
 * nothing. Throws CONFIRMATION_REQUIRED, INVALID, NOT_FOUND, IDEMPOTENCY_CONFLICT, ACTION_EXTERNAL, NOT_ALLOWED_NOW,
 * ACTION_BUSY, ACTION_COMPLETE or ACTION_EXPIRED.
 */
export async function pressAction(
  services: PressServices,
  caller: Caller,
  input: PressInput,
): Promise<PressRow> {
  const { actionId, confirm, idempotencyKey = null } = input;
  const { projectId } = caller;
  if (!confirm)
    throw userError(
      "CONFIRMATION_REQUIRED",
      "a press cannot be taken back: send confirm: true when a person has confirmed it",
      ["confirm"],
    );
  if (idempotencyKey !== null) checkLine("idempotencyKey", idempotencyKey, MAX_KEY);
  const id = newId();
  const accept = () =>
    services.sql.begin(async (tx) => {
      const [action] = isId(actionId) ? await lockedAction(tx, projectId, actionId) : [];
      if (!action) throw userError("NOT_FOUND", `no action ${actionId}`, ["actionId"]);
      const earlier = await pressOfKey(tx, projectId, input);
      if (earlier) return earlier;
      checkPressable(action);
      const { at } = action;
      const entity = ["Action", action.id] as const;
      await audit(tx, { projectId, action: "pressAction", entity, after: { press: id } });
      const press = { projectId, id, actionId: action.id, pressedBy: caller.keyName, at };
      return writePress(tx, { ...press, keyId: caller.keyId, idempotencyKey }, !services.sendsHere);
    });
  const press = await accept().catch((error) => {
    // Another action was pressed with the same key at the same moment. The second try finds that press.
    if (isKeyTaken(error)) return accept();
    throw error;
  });
  if (press.id === id) services.onPressed({ projectId, pressId: id });
  return press;
}
