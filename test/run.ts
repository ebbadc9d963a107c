import { randomUUID } from "node:crypto";
import { globSync } from "node:fs";
import { mkdtemp, rm, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createVitest, parseCLI, type TestRunResult } from "vitest/node";
import { readDatabaseSettings } from "../src/config.ts";
import { openSession } from "../src/db/connection/client.ts";
import { startEmbedded } from "../src/db/embedded/start.ts";
import { makeRanges } from "../src/db/retention/createPartitions.ts";
import { withRanges } from "../src/db/retention/maintenanceSession.ts";
import { migrate } from "../src/db/schema/migrate.ts";
import { createLogger } from "../src/log.ts";
import { buildPages } from "./fixtures/build.ts";

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
  const url = await findServer(scratch, stack);
  const template = await makeTemplate(url, stack);
  tally(await runTests({ url, template }, scratch));
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

async function findServer(scratch: string, stack: AsyncDisposableStack): Promise<string> {
  const { databaseUrl } = readDatabaseSettings();
  if (databaseUrl) return databaseUrl;
  const dataDir = join(scratch, "server");
  return stack.use(await startEmbedded({ dataDir, log: createLogger("warn") })).url;
}

/** Migrates a database that each test clones; at the end it goes, and whatever is left of its clones. */
async function makeTemplate(url: string, stack: AsyncDisposableStack): Promise<string> {
  const name = `signalbox_test_${randomUUID().slice(0, 8)}`;
  const sql = openSession(url);
  stack.defer(() => sql.end());
  stack.defer(async () => {
    const left = await sql`select datname from pg_database where starts_with(datname, ${name})`;
    for (const { datname } of left) await sql`drop database ${sql(datname)} with (force)`;
  });
  await sql`create database ${sql(name)} template template0`;
  const template = Object.assign(new URL(url), { pathname: `/${name}` }).href;
  await migrate({ url: template });
  // As every hub does that starts, and each test's would.
  await withRanges(template, (session) => makeRanges(session, 30));
  return name;
}

async function runTests(
  postgres: { url: string; template: string },
  scratch: string,
): Promise<TestRunResult> {
  const { filter, options } = parseCLI(["vitest", "run", ...process.argv.slice(2)]);
  const files = filter.length > 0 ? filter : lightTests();
  const vitest = await createVitest({
    ...options,
    watch: false,
    config: join(import.meta.dirname, "vitest.config.ts"),
    provide: { postgres },
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

/** Every file of tests but those in `heavy`. */
const lightTests = () =>
  globSync("test/**/*.test.ts", { cwd: join(import.meta.dirname, "..") }).filter(
    (file) => !heavy.some((folder) => file.startsWith(folder)),
  );

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
