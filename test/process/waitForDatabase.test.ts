import { once } from "node:events";
import { connect, createServer, type Server } from "node:net";
import { expect, test } from "vitest";
import { cli } from "../fixtures/cli.ts";
import { freshDatabase } from "../fixtures/database.ts";
import { freePort } from "../fixtures/machine.ts";
import { bootRefused, hubProcess, installation } from "../fixtures/process.ts";

/** A way to a server that breaks the first connections off, as one does that is only starting. */
async function startingServer(url: URL, refuses: number): Promise<Server> {
  const server = createServer((socket) => {
    if (refuses-- > 0) return socket.destroy();
    const upstream = connect(Number(url.port), url.hostname);
    for (const end of [socket, upstream]) end.on("error", () => {});
    socket.pipe(upstream).pipe(socket);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return server;
}

test("a hub waits for the server of DATABASE_URL, says why, and starts when it is there", async () => {
  await using database = await freshDatabase();
  const server = await startingServer(new URL(database.url), 2);
  const { port } = server.address() as { port: number };
  const way = { hostname: "127.0.0.1", port: String(port) };
  const url = Object.assign(new URL(database.url), way);
  {
    await using hub = await hubProcess(installation({ DATABASE_URL: url.href }));
    expect(hub.output).toContain(
      `waiting for the database: The database server at 127.0.0.1:${port} cannot be reached`,
    );
    expect(await hub.run("{ hub { retentionDays } }")).toEqual({ hub: { retentionDays: 30 } });
  }
  server.close();
});

test("a hub that is told not to wait ends at once, and one that gets no number of seconds does not begin", async () => {
  const address = `127.0.0.1:${await freePort()}`;
  const { env } = installation({ DATABASE_URL: `postgres://hub:secret@${address}/hub` });
  const refused = await bootRefused(env, ["start", "--wait-for-database", "0"]);
  expect(refused).toMatchObject({ code: 1 });
  expect(refused.output).toMatch(
    new RegExp(`^The database server at ${address} cannot be reached: .+\\.\\n$`),
  );
  for (const seconds of ["soon", "-1", "1.5", "86401"]) {
    const result = await cli({}, "start", "--wait-for-database", seconds);
    expect([seconds, result]).toMatchObject([seconds, { code: 2, stdout: "" }]);
    expect(result.stderr).toContain("It must be a whole number of seconds from 0 to 86400.");
  }
});
