import { hidden, list, setting } from "./setting.ts";

export type SecretKey = { id: string; key: Buffer };

/** An entry without an id gets the id `default`, so that a single key stays valid when a second one is added. */
export const secretKeys = setting(
  "32 bytes in base64 (openssl rand -base64 32), or several as id:base64,id:base64 with distinct ids",
  (text) => {
    const keys: SecretKey[] = [];
    for (const item of list(text)) {
      const [, id = "default", base64] =
        /^(?:([\w-]{1,40}):)?([A-Za-z\d+/_-]{43})=?$/.exec(item) ?? [];
      if (!base64 || keys.some((key) => key.id === id)) return undefined;
      keys.push({ id, key: Buffer.from(base64, "base64") });
    }
    return keys;
  },
  hidden,
);
