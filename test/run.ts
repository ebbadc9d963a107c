import { randomUUID } from "node:crypto";
import { globSync } from "node:fs";
import { mkdtemp, rm, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ProvidedContext } from "vitest";
import { createVitest, parseCLI, type TestRunResult } from "vitest/node";
import { readDatabaseSettings } from "../src/config/config.ts";
import { startEmbedded } from "../src/db/embedded/start.ts";
import { createPartitions } from "../src/db/retention/createPartitions.ts";
import { withMaintenanceSession } from "../src/db/retention/maintenanceSession.ts";
import { migrate } from "../src/db/schema/migrate.ts";
import { createLogger } from "../src/log.ts";
import { buildPages } from "./fixtures/build.ts";
import { createOnCitus, findCitus, makeDistributedTemplate } from "./fixtures/citus.ts";
import { createDatabase, onServers, type Servers } from "./fixtures/servers.ts";

/**
 * `npm test [-- files] [-t name]`: the tests, or those in these files, on a real PostgreSQL, which is DATABASE_URL's or
 * one that lives as long as this run. The last line is `N passed, N failed`. `npm run test:heavy` runs what takes long:
 * a browser, other languages, processes that are killed, floods.
 */
const heavy = ["test/console/", "test/heavy/"];
const interrupted = new AbortController();
/** A whole run fills about 300 MB. */
const NEEDED_BYTES = 2 ** 31;
catchSignals();
const count = { passed: 0, failed: 0, skipped: 0 };
try {
  await using stack = new AsyncDisposableStack();
  const scratch = await mkdtemp(join(await scratchPlace(), "signalbox-test-"));
  // A test that was killed may have left a server that is still on its way out.
  stack.defer(() => rm(scratch, { recursive: true, force: true, maxRetries: 20 }));
  await buildPages();
  const citus = await findCitus(process.env.CITUS_URL);
  if (!citus)
    console.warn("CITUS_URL is not given: nothing is tested on Citus (test/db/citus.test.ts)");
  const distributed = citus && { ...citus, template: await makeTemplate(citus, stack) };
  // Where both are the same, every test's database is distributed.
  const isCitus = distributed && process.env.DATABASE_URL === process.env.CITUS_URL;
  const single = isCitus ? distributed : await findSingle(scratch, stack);
  tally(await runTests({ postgres: single, citus: distributed ?? null }, scratch));
} catch (error) {
  count.failed += 1;
  console.error(error);
}
const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : "";
console.log(`${count.passed} passed, ${count.failed} failed${skipped}`);
// Whatever a test left open must not keep the command from ending.
process.exit(interrupted.signal.aborted ? 130 : count.failed > 0 || count.passed === 0 ? 1 : 0);

/** An interrupted run cleans up like any other; Vitest would end the process at once. */
function catchSignals() {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.removeAllListeners(signal).on(signal, () => interrupted.abort());
  }
}

/** Memory, where Linux has enough of it to give: a database is cloned there in a third of the time. */
async function scratchPlace(): Promise<string> {
  const memory = "/dev/shm";
  const { bavail, bsize } = await statfs(memory).catch(() => ({ bavail: 0, bsize: 0 }));
  return bavail * bsize >= NEEDED_BYTES ? memory : tmpdir();
}

async function findSingle(scratch: string, stack: AsyncDisposableStack) {
  const servers = { url: await findServer(scratch, stack), nodes: [] };
  return { ...servers, template: await makeTemplate(servers, stack) };
}

async function findServer(scratch: string, stack: AsyncDisposableStack): Promise<string> {
  const { databaseUrl } = readDatabaseSettings();
  if (databaseUrl) return databaseUrl;
  const dataDir = join(scratch, "server");
  return stack.use(await startEmbedded({ dataDir, log: createLogger("warn") })).url;
}

/** Migrates a database that each test clones; at the end it goes, and whatever is left of its clones. */
async function makeTemplate(servers: Servers, stack: AsyncDisposableStack): Promise<string> {
  const name = `signalbox_test_${randomUUID().slice(0, 8)}`;
  stack.defer(() => dropAll(servers, name));
  const isCitus = servers.nodes.length > 0;
  const url = await (isCitus
    ? createOnCitus(servers, name)
    : createDatabase(servers, name, "template0"));
  await migrate({ url });
  // As every hub does that starts, and each test's would.
  await withMaintenanceSession(url, (session) => createPartitions(session, 30));
  if (isCitus) await makeDistributedTemplate(servers, name);
  return name;
}

async function dropAll(servers: Servers, name: string): Promise<void> {
  await onServers(servers, async (sql) => {
    const left = await sql`select datname from pg_database where starts_with(datname, ${name})`;
    for (const { datname } of left) await sql`drop database ${sql(datname)} with (force)`;
  });
}

async function runTests(provide: ProvidedContext, scratch: string): Promise<TestRunResult> {
  const { filter, options } = parseCLI(["vitest", "run", ...process.argv.slice(2)]);
  const files = filter.length > 0 ? filter : lightTests();
  const vitest = await createVitest({
    ...options,
    watch: false,
    config: join(import.meta.dirname, "vitest.config.ts"),
    provide,
    env: { TMPDIR: scratch },
  });
  catchSignals();
  const cancel = () => vitest.cancelCurrentRun("keyboard-input");
  interrupted.signal.addEventListener("abort", cancel);
  try {
    interrupted.signal.throwIfAborted();
    return await vitest.start(files);
  } finally {
    await vitest.close();
  }
}

/** Every file of tests but the heavy ones. */
function lightTests(): string[] {
  const files = globSync("test/**/*.test.ts", { cwd: join(import.meta.dirname, "..") });
  return files.filter((file) => !heavy.some((folder) => file.startsWith(folder)));
}

function tally({ testModules, unhandledErrors }: TestRunResult): void {
  count.failed += unhandledErrors.length;
  for (const module of testModules) {
    const own = { passed: 0, failed: 0, skipped: 0 };
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      own[state === "pending" ? "skipped" : state] += 1;
    }
    // A file that cannot be loaded, or whose hook fails, has no failed test to show for it.
    if (!module.ok() && own.failed === 0) own.failed = 1;
    count.passed += own.passed;
    count.failed += own.failed;
    count.skipped += own.skipped;
  }
}
