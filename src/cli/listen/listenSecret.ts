import { createHmac } from "node:crypto";

/**
 * The secret that `listen` signs with. It is derived from the API key, so that a receiver needs no other one when
 * `listen` starts again; it does not tell the key.
 */
export const listenSecret = (key: string): string =>
  `whsec_${createHmac("sha256", key).update("signalbox listen").digest("base64")}`;
