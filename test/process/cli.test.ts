import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startEmbedded } from "../../src/db/embedded/start.ts";
import { createLogger } from "../../src/log.ts";
import { version } from "../../src/version.ts";
import { cli as run } from "../fixtures/cli.ts";
import { emptyDatabase } from "../fixtures/database.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";

/** The command line on a hub's database. */
const on =
  (hub: TestHub) =>
  (...args: string[]) =>
    run({ DATABASE_URL: hub.db.url }, ...args);

const viewer = "{ viewer { project { id name } key { name role } } }";
type Viewer = { viewer: { project: object; key: object } };

test("project create --json prints one object on one line, and its key opens the running hub", async () => {
  await using hub = await testHub();
  const made = await on(hub)("project", "create", "Billing (EU)", "--json");
  expect(made).toMatchObject({ code: 0, stderr: "" });
  expect(made.stdout.trimEnd().split("\n")).toHaveLength(1);
  const { project, key, ...rest } = JSON.parse(made.stdout);
  expect(rest).toEqual({});
  expect(project).toEqual({ id: project.id, name: "Billing (EU)", slug: "billing-eu" });

  const seen = await hub.run<Viewer>(viewer, {}, key);
  expect(seen.viewer.project).toEqual({ id: project.id, name: "Billing (EU)" });
  expect(seen.viewer.key).toMatchObject({ role: "ADMIN" });
});

test("two projects of one name have two slugs, and project list shows both", async () => {
  await using hub = await testHub();
  await on(hub)("project", "create", "Shop");
  const second = await on(hub)("project", "create", "Shop");
  expect(second.stdout).toMatch(/^Slug: +shop-2$/m);
  expect(second.stdout).toMatch(/^ADMIN key: +sbx_\S+ /m);
  const list = await on(hub)("project", "list");
  expect(list.stdout.split("\n").map((line) => line.split(/ +/)[1])).toEqual([
    "SLUG",
    "default",
    "shop",
    "shop-2",
    undefined,
  ]);
});

test("key create takes a project's slug or id, and its key has the role asked for", async () => {
  await using hub = await testHub();
  const bySlug = await on(hub)("key", "create", "default", "CI bot", "EMITTER", "--json");
  const { apiKey, key } = JSON.parse(bySlug.stdout);
  expect(apiKey).toMatchObject({ name: "CI bot", role: "EMITTER" });
  expect(key.startsWith(apiKey.prefix)).toBe(true);
  const seen = await hub.run<Viewer>(viewer, {}, key);
  expect(seen.viewer.key).toEqual({ name: "CI bot", role: "EMITTER" });

  const byId = await on(hub)("key", "create", apiKey.projectId, "Reader", "viewer");
  expect(byId.code).toBe(0);
  const list = await on(hub)("key", "list", "default");
  expect(list.stdout).toMatch(/ VIEWER .+ Reader +never +live$/m);
  expect(list.stdout).toMatch(/ EMITTER .+ CI bot +/m);
  expect(list.stdout).not.toContain(key);
});

test("key revoke needs the id alone, whatever the project, and the running hub refuses the key", async () => {
  await using hub = await testHub();
  const { key } = JSON.parse((await on(hub)("project", "create", "Other", "--json")).stdout);
  expect((await hub.send(viewer, {}, key)).status).toBe(200);
  const [id = ""] =
    (await on(hub)("key", "list", "other")).stdout.split("\n")[1]?.split(/ +/) ?? [];
  const revoked = await on(hub)("key", "revoke", id);
  expect(revoked).toMatchObject({ code: 0 });
  expect(revoked.stdout).toMatch(/^Revoked: First key/);
  await expect
    .poll(async () => (await hub.send(viewer, {}, key)).status, { timeout: 60_000 })
    .toBe(401);
  expect((await on(hub)("key", "list", "other")).stdout).toMatch(/ revoked \d{4}-/);
});

test("a database that no hub has seen yet is migrated first, and the hub's first boot still makes its default project", async () => {
  await using empty = await emptyDatabase();
  const made = await run({ DATABASE_URL: empty.url }, "project", "create", "Early");
  expect(made).toMatchObject({ code: 0, stderr: "" });
  await using hub = await testHub({ databaseUrl: empty.url });
  expect((await hub.run<Viewer>(viewer)).viewer.project).toMatchObject({ name: "Default" });
});

test("without DATABASE_URL it takes the embedded database, running or not, and leaves it as it was", async () => {
  const dir = await mkdtemp(join(tmpdir(), "signalbox-cli-"));
  try {
    const embedded = { SIGNALBOX_DATA: dir };
    const alone = await run(embedded, "project", "create", "Alone");
    expect(alone.code).toBe(0);
    await using _running = await startEmbedded({ dataDir: dir, log: createLogger("silent") });
    const together = await run(embedded, "project", "list");
    expect(together.stdout).toContain(" Alone ");
  } finally {
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  }
});

test("mistakes are told in a sentence, with exit code 1 for what failed and 2 for what is no command", async () => {
  await using hub = await testHub();
  const failed = [
    [["project", "create", ""], "field 'name' must not be empty"],
    [["key", "create", "nowhere", "x", "ADMIN"], "there is no project nowhere (project list)"],
    [["key", "create", "default", "x", "BOSS"], "there is no role BOSS: ADMIN, EMITTER, OPERATOR"],
    [["key", "revoke", "x'y"], "there is no key x'y (key list PROJECT)"],
  ] as const;
  await Promise.all(
    failed.map(async ([args, message]) => {
      const result = await on(hub)(...args);
      expect(result).toMatchObject({ code: 1, stdout: "" });
      expect(result.stderr).toContain(message);
    }),
  );
  const misused = [
    [[], "Usage: npx signalbox COMMAND"],
    [["project", "remove"], "unknown command 'remove'"],
    [["project", "create", "Two", "words"], "npx signalbox project create NAME [--json]"],
    [["project", "list", "--json"], "unknown option '--json'"],
  ] as const;
  await Promise.all(
    misused.map(async ([args, message]) => {
      const result = await run({}, ...args);
      expect(result).toMatchObject({ code: 2, stdout: "" });
      expect(result.stderr).toContain(message);
    }),
  );
  const unreachable = await run(
    { DATABASE_URL: "postgres://u:secret@127.0.0.1:9/x" },
    "project",
    "list",
  );
  expect(unreachable.code).toBe(1);
  expect(unreachable.stderr).toMatch(/^The database server at 127.0.0.1:9 cannot be reached/);
  expect(unreachable.stderr).not.toContain("secret");
});

test("--version prints the package's version alone", async () => {
  expect(await run({}, "--version")).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
});

test("--help explains every command and needs no database", async () => {
  const { code, stdout } = await run({}, "--help");
  expect(code).toBe(0);
  for (const command of [
    "project create NAME",
    "project list",
    "key create PROJECT NAME ROLE",
    "key list PROJECT",
    "key revoke ID",
  ]) {
    expect(stdout).toContain(`  ${command} `);
  }
  const one = await run({}, "key", "create", "--help");
  expect(one).toMatchObject({ code: 0, stderr: "" });
  expect(one.stdout).toContain("npx signalbox key create PROJECT NAME ROLE [--json]");
});
