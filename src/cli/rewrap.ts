import type { Command } from "commander";
import { ConfigError, readSecretKeys } from "../config.ts";
import type { Db } from "../db/connection/client.ts";
import { reencrypt as rewrapSecrets } from "../domain/project/reencrypt.ts";
import { type Answer, onDatabase } from "./onDatabase.ts";

export function addRewrap(program: Command): void {
  program
    .command("rewrap")
    .description(
      "seals every secret anew with the first key of SIGNALBOX_SECRET_KEY, which also has the old ones",
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
  const { rewrapped, unopened } = await rewrapSecrets(sql, keys);
  const rest =
    unopened.length === 0
      ? ["Everything is sealed with the first key: the others may go."]
      : [
          `${unopened.length} could not be opened and stay as they are: keep the old keys.`,
          ...unopened,
        ];
  return {
    text: [`Sealed anew: ${rewrapped}`, ...rest].join("\n"),
    json: { rewrapped, unopened },
    failed: unopened.length > 0,
  };
}
