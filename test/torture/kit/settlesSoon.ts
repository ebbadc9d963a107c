import type { Patch } from "./patch.ts";

/**
 * Workers hand over what they accept once they have known each other for two and a half minutes, which is longer than
 * most rows take.
 */
export const settlesSoon: Patch = {
  file: "src/worker/delivery/peers.ts",
  find: "const SETTLES_AFTER_MS = 150_000;",
  replace: "const SETTLES_AFTER_MS = 1_000;",
};
