import { randomUUID } from "node:crypto";
import { noteServer } from "../../../src/db/connection/client.ts";
import { distribute } from "../../../src/db/nodes/distribute.ts";
import { migrate } from "../../../src/db/schema/migrate.ts";
import { createOnCitus, findCitus } from "../../fixtures/citus.ts";
import { dropDatabase } from "../../fixtures/servers.ts";
import { CannotRun } from "../row.ts";
import type { Server } from "./server.ts";

/** Databases that are distributed over the nodes of the Citus at CITUS_URL, whose servers are not the suite's to kill. */
export async function citusServer(url: string): Promise<Server> {
  const servers = await findCitus(url);
  if (!servers) throw new Error("CITUS_URL is empty");
  const made: string[] = [];
  return {
    url,
    async createDatabase() {
      const name = `torture_${randomUUID()}`;
      made.push(name);
      const database = await createOnCitus(servers, name);
      await migrate({ url: database });
      await distribute(database);
      noteServer(database, { version: 150_000, isDistributed: true });
      return database;
    },
    async kill() {
      throw new CannotRun("the servers of CITUS_URL are not ours to kill");
    },
    async [Symbol.asyncDispose]() {
      for (const name of made) await dropDatabase(servers, name);
    },
  };
}
