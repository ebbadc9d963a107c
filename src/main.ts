import { polyfill } from "./polyfill.ts";

/** The command `signalbox`: without a command of its own, `signalbox start`. */
await polyfill();
await import("./cli/main.ts");
