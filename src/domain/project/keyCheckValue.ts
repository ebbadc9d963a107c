import type { Sql } from "../../db/connection/client.ts";
import { ensureKeyCheckValue, replaceKeyCheckValue } from "../../db/project/settings.ts";
import type { SecretBox } from "./secretBox.ts";

/** Thrown when the configured key cannot open this database's secrets. */
export class WrongSecretKey extends Error {
  override name = "WrongSecretKey" as const;
}

/** Stored databases have this text: it keeps the older name. */
const CONTEXT = "settings|key_canary|hub";
const TEXT = "signalbox";

/** Stops the boot with a wrong key, which would seal secrets that no other hub can open. Throws WrongSecretKey. */
export async function checkSecretKey(sql: Sql, box: SecretBox): Promise<void> {
  const sealed = await ensureKeyCheckValue(sql, box.seal(TEXT, CONTEXT));
  try {
    if (box.open(sealed, CONTEXT) === TEXT) return;
  } catch {
    // The error below replaces the box's message, which names no setting.
  }
  throw new WrongSecretKey(
    "SIGNALBOX_SECRET_KEY is not the key that this database's secrets were sealed with; set that key, or add it to the list as id:base64.",
  );
}

/** From now on a hub needs the first key to start. */
export async function resealKeyCheckValue(sql: Sql, box: SecretBox): Promise<void> {
  await replaceKeyCheckValue(sql, box.seal(TEXT, CONTEXT));
}
