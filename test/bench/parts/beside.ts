import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import type { Part } from "../part.ts";
import { aimOf } from "../table/aimOf.ts";
import { compare } from "../table/compare.ts";

const commitOf = (home: string) =>
  execFileSync("git", ["-C", home, "rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();

/** The same as `targets`, of another checkout beside this one, in turns in one run. */
export const beside = (home: string | undefined): Part => ({
  name: "beside",
  heading: ["what", "now", `at ${home ? commitOf(home) : "?"}`, "now ÷ then", "aim"],
  async *measure(bench) {
    if (home === undefined) throw new Error("say which other checkout: --beside=DIRECTORY");
    for await (const { what, values, ...aim } of compare(bench, [{ home: resolve(home) }, {}])) {
      const [then = Number.NaN, now = Number.NaN] = values;
      yield { what, figure: now, then, ratio: now / then, ...aimOf(aim, now) };
    }
  },
});
