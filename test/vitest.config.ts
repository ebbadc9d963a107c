import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  root: fileURLToPath(new URL("..", import.meta.url)),
  // Without this Vite gives test and src files another copy of graphql than Node.js gives to Yoga and Pothos,
  // and `instanceof` fails between them (vitest passes the condition `development`).
  ssr: { resolve: { conditions: ["module-sync", "node"] } },
  test: {
    // By default one core is left free, which on two makes it one file at a time; most of a test is waiting.
    maxWorkers: 2,
    include: ["test/**/*.test.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
