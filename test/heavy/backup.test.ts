import { execFile, spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, inject, test } from "vitest";
import { openSession } from "../../src/db/connection/client.ts";
import { emptyDatabase } from "../fixtures/database.ts";
import { program } from "../fixtures/documents.ts";
import { deliveryOf, emit, register } from "../fixtures/hooks.ts";
import { testHub } from "../fixtures/hub.ts";
import { receiver } from "../fixtures/receiver.ts";

const root = new URL("../../", import.meta.url);

/** pg_dump reads servers of its own version and older ones. */
async function canDump(): Promise<boolean> {
  const { stdout } = spawnSync("pg_dump", ["--version"], { encoding: "utf8" });
  const sql = openSession(inject("postgres").url);
  const [server] = await sql<{ major: number }[]>`
    select current_setting('server_version_num')::int / 10000 as major`;
  await sql.end();
  return (
    Number(/ (\d+)/.exec(stdout ?? "")?.[1] ?? 0) >= (server?.major ?? Number.POSITIVE_INFINITY)
  );
}

test.skipIf(!(await canDump()))(
  "the documents' backup of a running hub restores into one that verifies and goes on with the same keys and secrets",
  async () => {
    await using target = await receiver();
    await using hub = await testHub();
    await register(hub, { url: target.url, headers: { "x-own": "kept" } });
    const before = await emit(hub);
    await using empty = await emptyDatabase();
    const cwd = await mkdtemp(join(tmpdir(), "signalbox-backup-"));
    try {
      const sh = (script: string) =>
        promisify(execFile)("sh", ["-ec", script], {
          cwd,
          env: { ...process.env, DATABASE_URL: hub.db.url, RESTORED_URL: empty.url },
        });
      await sh(program("operate", "sh backup"));
      const cli = 'node "$REPOSITORY/src/main.ts"';
      const restore = program("operate", "sh restore").replace("npx signalbox", cli);
      expect(restore).toContain(cli);
      const { stdout } = await sh(`REPOSITORY='${root.pathname}'\n${restore}`);
      expect(stdout).toContain("No differences.");
    } finally {
      await rm(cwd, { recursive: true });
    }
    await using restored = await testHub({ ...hub.settings, databaseUrl: empty.url });
    expect(await deliveryOf(restored, before.id)).toMatchObject({ status: "SUCCEEDED" });
    await emit(restored);
    expect(target.requests.map(({ headers }) => headers["x-own"])).toEqual(["kept", "kept"]);
  },
);
