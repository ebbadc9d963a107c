import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, readlink, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { banner } from "../../src/banner.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

type Started = ChildProcess & Disposable & { said(): string; ended: Promise<unknown[]> };

/** `npm start` as a terminal runs it: in a process group of its own, which Ctrl-C reaches as a whole. */
function npmStart(dataDir: string): Started {
  const { PATH = "", HOME = "" } = process.env;
  const child = spawn("npm", ["start"], {
    cwd: root,
    env: { PATH, HOME, PORT: "0", SIGNALBOX_DATA: dataDir, LOG_LEVEL: "warn" },
    detached: true,
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      said += chunk;
    });
  }
  return Object.assign(child, {
    said: () => said,
    ended: once(child, "close"),
    [Symbol.dispose]: () => signalGroup(child, "SIGKILL"),
  });
}

/** Signals a process, or with a negative number a group, that may be gone already. */
function signal(pid: number, name: NodeJS.Signals) {
  try {
    process.kill(pid, name);
  } catch {}
}

const signalGroup = ({ pid = 0 }: ChildProcess, name: NodeJS.Signals) => signal(-pid, name);

const isReady = (started: Started) =>
  expect.poll(started.said, { timeout: 60_000, interval: 50 }).toContain("GraphiQL: http");

async function dataDirectory(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), "signalbox-newcomer-"));
  return {
    path,
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 20 }),
  };
}

/** The processes that work in a directory or below: PostgreSQL's. */
async function processesIn(dir: string): Promise<number[]> {
  const found: number[] = [];
  for (const pid of await readdir("/proc").catch(() => [])) {
    const cwd = /^\d+$/.test(pid) ? await readlink(`/proc/${pid}/cwd`).catch(() => "") : "";
    if (cwd.startsWith(dir)) found.push(Number(pid));
  }
  return found;
}

/** What a shell makes of the command that the terminal shows. */
async function argumentsOf(command: string): Promise<string[]> {
  const script = `set -- ${command}\nprintf '%s\\n' "$@"`;
  const { stdout } = await promisify(execFile)("sh", ["-c", script]);
  return stdout.trimEnd().split("\n");
}

test("npm start shows an address, a key and a curl that works; Ctrl-C and SIGTERM end all; after kill -9 the next start recovers", async () => {
  await using dir = await dataDirectory();
  using first = npmStart(dir.path);
  await isReady(first);
  await expect.poll(first.said).toContain("Emit a first event");
  const [, command = ""] = /^ {2}(curl .*)$/m.exec(first.said()) ?? [];
  const [, , url = "", , authorization = "", , contentType = "", , body = ""] =
    await argumentsOf(command);
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/graphql$/);
  expect([authorization, contentType].map((header) => header.split(":")[0])).toEqual([
    "authorization",
    "content-type",
  ]);
  const headers = Object.fromEntries([authorization, contentType].map((it) => it.split(": ")));
  const answer = await fetch(url, { method: "POST", headers, body });
  expect(await answer.json()).toMatchObject({
    data: { emitEvent: { event: { id: expect.any(String) }, userErrors: [] } },
  });

  using second = npmStart(dir.path);
  await second.ended;
  expect(second.exitCode).toBe(1);
  expect(second.said()).toContain(`Another Signalbox already runs on ${dir.path} (pid `);

  signalGroup(first, "SIGINT");
  await first.ended;
  await expect.poll(() => processesIn(dir.path), { timeout: 60_000 }).toEqual([]);

  using third = npmStart(dir.path);
  await isReady(third);
  expect(third.said()).not.toContain("Admin key");
  signalGroup(third, "SIGKILL");
  for (const pid of await processesIn(dir.path)) signal(pid, "SIGKILL");
  await third.ended;

  using fourth = npmStart(dir.path);
  await isReady(fourth);
  const [, again = ""] = /GraphiQL: (\S+)/.exec(fourth.said()) ?? [];
  const query = JSON.stringify({ query: "{ events { nodes { type } } }" });
  const kept = await fetch(again, { method: "POST", headers, body: query });
  expect(await kept.json()).toEqual({ data: { events: { nodes: [{ type: "hello.world" }] } } });
  // As a supervisor does it: npm alone is told, and passes it on.
  fourth.kill("SIGTERM");
  await fourth.ended;
  expect(fourth.exitCode).toBe(0);
  await expect.poll(() => processesIn(dir.path), { timeout: 60_000 }).toEqual([]);
});

test("the banner says what there is, and the key only to those who do not know it", () => {
  const both = { api: true, worker: true };
  const url = "http://127.0.0.1:4000";
  const known = banner({ dataDir: "/data", roles: both }, { url, newAdminKey: null });
  expect(known).toContain("embedded PostgreSQL in /data");
  expect(known).toContain(`GraphiQL: ${url}/graphql`);
  expect(known).toContain("npx signalbox key create default NAME ADMIN");
  expect(known).not.toContain("curl");

  const databaseUrl = "postgres://user:hidden@db/x";
  const worker = { api: false, worker: true };
  const alone = banner({ databaseUrl, dataDir: "/data", roles: worker }, { url, newAdminKey: "k" });
  expect(alone).toContain(`Health:   ${url}/healthz`);
  expect(alone).toContain("  k\n");
  expect(alone).not.toMatch(/hidden|curl|GraphiQL/);
});

test("the lock file has every package of every platform, for npm ci refuses it otherwise", async () => {
  const { packages } = JSON.parse(await readFile(join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, { optionalDependencies?: object; resolved?: string; link?: boolean }>;
  };
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => !isFound(packages, path, name))
      .map((name) => `${path} wants ${name}`),
  );
  expect(missing).toEqual([]);
  expect(Object.values(packages).filter(({ resolved, link }) => resolved && !link)).toEqual([]);
});

/** Looks as Node.js does: beside the package, then in the folders above. */
function isFound(packages: Record<string, unknown>, path: string, name: string): boolean {
  if (`${path === "" ? "" : `${path}/`}node_modules/${name}` in packages) return true;
  const above = path.slice(0, Math.max(0, path.lastIndexOf("node_modules/") - 1));
  return path !== "" && isFound(packages, above, name);
}
