import { createHash } from "node:crypto";
import type { Db } from "../../db/connection/client.ts";
import { isUniqueViolation } from "../../db/connection/violates.ts";
import { claimOne, giveUpKey } from "../../db/event/idempotencyKeys.ts";
import { newId } from "../../util/ids.ts";
import { userError } from "../../util/userError.ts";

/** A request to create something; `place` is what it is created in, such as a path. */
type Creation = { projectId: string; key: string | null; place: string; body: Buffer };

const fingerprintOf = (body: Buffer) => createHash("sha256").update(body).digest("hex");

/**
 * Creates something with a new id. A request that is repeated with its idempotency key gets what the first one created,
 * unless that was deleted since. Throws IDEMPOTENCY_CONFLICT when the key came with another body. A key whose request
 * failed is free again.
 */
export async function createWithKey<Created>(
  { sql }: Pick<Db, "sql">,
  creation: Creation,
  find: (id: string) => Promise<Created | undefined>,
  create: (id: string) => Promise<Created>,
): Promise<Created> {
  const { projectId, key, place, body } = creation;
  const newOne = newId();
  if (key === null) return create(newOne);
  // No user's id has control characters.
  const scope = `\u0001${place}`;
  const claim = { projectId, scope, key, fingerprint: fingerprintOf(body), eventId: newOne };
  const { fingerprint, eventId: id } = await claimOne(sql, claim);
  if (fingerprint !== claim.fingerprint)
    throw userError(
      "IDEMPOTENCY_CONFLICT",
      `idempotency key '${key}' was used before with another body; use a new key for a new request`,
    );
  const isOwn = id === newOne;
  const before = isOwn ? undefined : await find(id);
  if (before !== undefined) return before;
  try {
    return await create(id);
  } catch (error) {
    // A repeated request that came meanwhile may have created it.
    const created = await find(id);
    if (created !== undefined) return created;
    const isDeleted = !isOwn && isUniqueViolation(error);
    if (isOwn || isDeleted) await giveUpKey(sql, { ...claim, eventId: id });
    if (isDeleted) return createWithKey({ sql }, creation, find, create);
    throw error;
  }
}
