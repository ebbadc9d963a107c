import { ConfigError, readSecretKeys } from "../config.ts";
import { reencrypt as rewrapSecrets } from "../domain/project/reencrypt.ts";
import type { Command } from "./command.ts";

export const rewrap: Command = {
  usage: "rewrap [--json]",
  does: "seals every secret anew with the first key of SIGNALBOX_SECRET_KEY, which also has the old ones",
  async run({ sql }) {
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
  },
};
