import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { patched, patchesHere } from "./torture/kit/patch.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const files = globSync("test/**/*.test.ts", { cwd: root });
/** These make a small schema of their own with the hub's one builder, so they share no modules with the others. */
const framed = files.filter((file) =>
  readFileSync(`${root}/${file}`, "utf8").includes("fixtures/frame.ts"),
);

/** Files with processes or a browser of their own take longest, whatever their size: begun last, they would end alone. */
class LongFirst extends BaseSequencer {
  override async sort(specs: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) =>
      /fixtures\/(process|browser)\.ts|torture\//.test(readFileSync(moduleId, "utf8"));
    const groups = Object.groupBy(await super.sort(specs), (spec) =>
      isLong(spec) ? "first" : "then",
    );
    return [...(groups.first ?? []), ...(groups.then ?? [])];
  }
}

/** Breaks the hub on purpose, as `npm run torture -- --mutants` asks for; otherwise there are none. */
const patches = patchesHere();
const mutate = {
  name: "mutate",
  enforce: "pre" as const,
  transform: (code: string, path: string) => patched(path, code, patches),
};

export default defineConfig({
  root,
  plugins: patches.length > 0 ? [mutate] : [],
  // Without this Vite gives test and src files another copy of graphql than Node.js gives to Yoga and Pothos,
  // and `instanceof` fails between them (vitest passes the condition `development`).
  ssr: { resolve: { conditions: ["module-sync", "node"] } },
  test: {
    // What is broken on purpose is kept for no other run, and nothing is taken from one.
    fsModuleCache: patches.length === 0,
    // By default one core is left free, which on two makes it one file at a time; most of a test is waiting.
    maxWorkers: 3,
    sequence: { sequencer: LongFirst },
    // Reached by what fails alone: a machine that is busy with others takes its time.
    testTimeout: 300_000,
    hookTimeout: 120_000,
    // What is waited for comes when the machine gets to it; one second, the default, is not enough on a busy one.
    expect: { poll: { timeout: 60_000 } },
    projects: [
      { extends: true, test: { name: "frame", include: framed } },
      // The hub's modules are loaded once a worker instead of once a file: a fifth of the suite's time.
      {
        extends: true,
        test: { name: "hub", include: files, exclude: framed, isolate: false },
      },
    ],
  },
});
