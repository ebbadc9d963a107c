import type { Command } from "commander";
import { ConfigError, readSecretKeys } from "../config/config.ts";
import type { Db } from "../db/connection/client.ts";
import { type Answer, onDatabase } from "./onDatabase.ts";

export function addRewrap(program: Command): void {
  program
    .command("rewrap")
    .description(
      "re-encrypts every secret with the first key of SIGNALBOX_SECRET_KEY, which must also hold the old keys",
    )
    .option("--json", "print one JSON object on one line")
    .action(onDatabase(rewrap));
}

async function rewrap({ sql }: Db): Promise<Answer> {
  const keys = readSecretKeys();
  if (!keys)
    throw new ConfigError(
      "SIGNALBOX_SECRET_KEY must be set: the new key first, then the old ones (new:base64,old:base64).",
    );
  const { reencrypt } = await import("../domain/project/reencrypt.ts");
  const { rewrapped, unopened } = await reencrypt(sql, keys);
  const rest =
    unopened.length === 0
      ? ["Every secret is sealed with the first key: the other keys can be removed."]
      : [
          `${unopened.length} could not be opened and are unchanged: keep the old keys.`,
          ...unopened,
        ];
  return {
    text: [`Re-encrypted: ${rewrapped}`, ...rest].join("\n"),
    json: { rewrapped, unopened },
    failed: unopened.length > 0,
  };
}
