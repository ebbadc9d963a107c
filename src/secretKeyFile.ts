import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { BoxKey } from "./domain/project/secretBox.ts";

/** The embedded hub's own key-encryption key, made at first boot in the data directory, for its owner's eyes only. */
export async function localSecretKey(dataDir: string): Promise<BoxKey[]> {
  const path = join(dataDir, "secret.key");
  const made = `${randomBytes(32).toString("base64")}\n`;
  // "wx" fails when the file is there: the key of then must stay.
  await writeFile(path, made, { mode: 0o600, flag: "wx" }).catch((error) => {
    if (error.code !== "EEXIST") throw error;
  });
  return [{ id: "local", key: Buffer.from((await readFile(path, "utf8")).trim(), "base64") }];
}
