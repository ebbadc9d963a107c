import fs from "node:fs";
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";
import { patched, patchesHere } from "./patch.ts";

/** Loaded before a hub's own modules (`node --import`): they are patched as they are read. */
const patches = patchesHere();
registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!url.startsWith("file:") || !/\/src\/[^?]*\.ts$/.test(url) || url.includes("node_modules"))
      return loaded;
    return { ...loaded, source: patched(fileURLToPath(url), String(loaded.source), patches) };
  },
});

/** Migrations are no modules; Drizzle reads them by this. */
const { readFileSync } = fs;
const readPatched = (path: unknown, ...options: unknown[]) => {
  const content: string | Buffer = Reflect.apply(readFileSync, fs, [path, ...options]);
  return typeof path === "string" && path.endsWith(".sql")
    ? patched(path, String(content), patches)
    : content;
};
Object.assign(fs, { readFileSync: readPatched });

/** How often a crash point is passed before the process dies there. */
let passes = Number(process.env.TORTURE_CRASH_AFTER ?? 1);

/** What the patches of T2 call: ends this process as `kill -9` does. */
Object.assign(globalThis, {
  crashHere: () => {
    if (--passes === 0) process.kill(process.pid, "SIGKILL");
  },
});

/** A clock that goes wrong by so many milliseconds. */
const shift = Number(process.env.TORTURE_CLOCK_SHIFT_MS ?? 0);
if (shift !== 0) {
  const RealDate = Date;
  globalThis.Date = new Proxy(RealDate, {
    construct: (real, args, target) =>
      Reflect.construct(real, args.length > 0 ? args : [real.now() + shift], target),
    get: (real, name) =>
      name === "now" ? () => real.now() + shift : Reflect.get(real, name, real),
  });
}
