import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { goodCertificate, tlsKey } from "../fixtures/certificates.ts";
import { freshDatabase } from "../fixtures/database.ts";
import { accepted } from "../fixtures/emit.ts";
import { hubProcess, installation } from "../fixtures/process.ts";

test("NODE_EXTRA_CA_CERTS lets hooks have certificates of a private authority", async () => {
  const folder = await mkdtemp(join(tmpdir(), "authority-"));
  const file = join(folder, "authority.pem");
  await writeFile(file, goodCertificate);
  const key = { key: tlsKey, cert: goodCertificate };
  const server = createServer(key, (_request, response) => response.end("ok"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    await using database = await freshDatabase();
    const site = installation({ DATABASE_URL: database.url });
    await using hub = await hubProcess(site, { NODE_EXTRA_CA_CERTS: file });
    const url = `https://localhost:${(server.address() as AddressInfo).port}/`;
    const hook = { url, types: ["a"], retries: 0 };
    await hub.run(
      "mutation ($input: RegisterHookInput!) { registerHook(input: $input) { hook { id } } }",
      { input: hook },
    );
    const fields = "deliveries { nodes { status attempts { error } } }";
    const event = await accepted<{ deliveries: object }>(
      hub,
      { type: "a", waitMs: 15_000 },
      fields,
    );
    expect(event.deliveries).toEqual({
      nodes: [{ status: "SUCCEEDED", attempts: [{ error: null }] }],
    });
  } finally {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true });
  }
});
