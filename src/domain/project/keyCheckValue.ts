import type { Sql } from "../../db/connection/client.ts";
import { ensureCanary, replaceCanary } from "../../db/project/settings.ts";
import type { SecretBox } from "./secretBox.ts";

/** The key-encryption key is not the one this database's secrets were sealed with. */
export class WrongSecretKey extends Error {
  override name = "WrongSecretKey" as const;
}

const CONTEXT = "settings|key_canary|hub";
const TEXT = "signalbox";

/** Refuses to go on with a wrong key: what it would seal, nobody could open again. Throws WrongSecretKey. */
export async function checkSecretKey(sql: Sql, box: SecretBox): Promise<void> {
  const sealed = await ensureCanary(sql, box.seal(TEXT, CONTEXT));
  try {
    if (box.open(sealed, CONTEXT) === TEXT) return;
  } catch {
    // Told below: the box's own words name no setting.
  }
  throw new WrongSecretKey(
    "SIGNALBOX_SECRET_KEY is not the key that this database's secrets were sealed with; give the key of then, or add it to the list as id:base64.",
  );
}

/** From now on the first key is the one that a hub must have to start. */
export async function resealKeyCheckValue(sql: Sql, box: SecretBox): Promise<void> {
  await replaceCanary(sql, box.seal(TEXT, CONTEXT));
}
