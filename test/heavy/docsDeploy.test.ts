import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { Agent, request } from "node:https";
import { join } from "node:path";
import { parseEnv, promisify } from "node:util";
import { createClient } from "graphql-ws";
import { expect, inject, test } from "vitest";
import { WebSocket } from "ws";
import { readConfig } from "../../src/config/config.ts";
import { openSession } from "../../src/db/connection/client.ts";
import { goodCertificate, tlsKey } from "../fixtures/certificates.ts";
import { program } from "../fixtures/documents.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { freePort, testWith } from "../fixtures/machine.ts";
import { nginxOf, startProxy } from "../fixtures/proxies.ts";
import { folder } from "../fixtures/scripts.ts";

const run = promisify(execFile);
const root = new URL("../../", import.meta.url);

test("the settings of the example are ones that the hub takes, once it has a key of one's own", () => {
  const settings = parseEnv(program("deploy", "ini signalbox.env")) as Record<string, string>;
  expect(() => readConfig(settings)).toThrow("SIGNALBOX_SECRET_KEY");
  const own = { ...settings, SIGNALBOX_SECRET_KEY: randomBytes(32).toString("base64") };
  expect(readConfig(own)).toMatchObject({
    publicUrl: "https://hub.example.com",
    requireHttps: true,
    databaseUrl: settings.DATABASE_URL,
  });
});

testWith("openssl")("the command for a key makes one that the hub takes", async () => {
  const { stdout } = await run("sh", ["-c", program("deploy", "sh secret-key")]);
  expect(Buffer.from(stdout.trim(), "base64")).toHaveLength(32);
});

test("the statements for the database run on a server, each of them", async () => {
  const statements = program("deploy", "sql database") + program("deploy", "sql reader");
  const name = inject("postgres").template.replaceAll("signalbox_test", "deploy");
  const sql = openSession(inject("postgres").url);
  const own = (text: string) =>
    text
      .replaceAll(/\bhub\b/g, `${name}_hub`)
      .replaceAll("database signalbox ", `database ${name} `)
      .replaceAll("signalbox_reader", `${name}_reader`);
  try {
    for (const statement of own(statements).replaceAll(/--.*$/gm, "").split(";")) {
      if (statement.trim() !== "") await sql.unsafe(statement);
    }
    const [database] =
      await sql`select datdba::regrole::text as owner from pg_database where datname = ${name}`;
    expect(database).toEqual({ owner: `${name}_hub` });
  } finally {
    await sql.unsafe(`drop database if exists ${name}`);
    await sql.unsafe(`drop role if exists ${name}_reader, ${name}_hub`);
    await sql.end();
  }
});

testWith("systemd-analyze")(
  "systemd takes the unit, and it starts the hub as package.json says",
  async () => {
    await using place = await folder();
    const unit = program("deploy", "ini signalbox.service");
    const { bin } = JSON.parse(await readFile(new URL("package.json", root), "utf8"));
    expect(unit).toContain("/opt/signalbox/node_modules/.bin/signalbox\n");
    const path = join(place.path, "signalbox.service");
    // The folder of the example is on the server that it is for.
    await writeFile(
      path,
      unit
        .replace("/opt/signalbox/node_modules/.bin/signalbox", `${root.pathname}${bin.signalbox}`)
        .replaceAll("/opt/signalbox", root.pathname.replace(/\/$/, "")),
    );
    const { stdout, stderr } = await run("systemd-analyze", ["verify", path]);
    const about = `${stdout}${stderr}`
      .split("\n")
      .filter((line) => line.includes("signalbox.service"));
    expect(about).toEqual([]);
  },
);

/** Answers over TLS, whoever has signed its certificate. */
const get = (port: number, path: string) =>
  new Promise<number>((resolve, reject) => {
    const agent = new Agent({ rejectUnauthorized: false });
    const host = { host: "127.0.0.1", port, path, agent, headers: { host: "hub.example.com" } };
    request(host, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on("error", reject)
      .end();
  });

/** What a proxy has to do: pass queries, event streams and websockets on, and hide the metrics. */
async function expectPassedOn(hub: TestHub, port: number) {
  await expect.poll(() => get(port, "/readyz").catch(() => 0)).toBe(200);
  expect(await get(port, "/metrics")).toBe(404);

  class Trusting extends WebSocket {
    constructor(url: string, protocol: string) {
      super(url, protocol, { rejectUnauthorized: false });
    }
  }
  const query = "subscription { eventEmitted { event { type } } }";
  const socket = createClient({
    url: `wss://127.0.0.1:${port}/graphql`,
    webSocketImpl: Trusting,
    connectionParams: { authorization: `Bearer ${hub.key}` },
    retryAttempts: 0,
  });
  const items = socket.iterate({ query });
  const first = items.next();

  let streamed = "";
  const body = JSON.stringify({ query });
  const stream = request(
    {
      ...{ host: "127.0.0.1", port, path: "/graphql", method: "POST", rejectUnauthorized: false },
      headers: {
        ...{ authorization: `Bearer ${hub.key}`, "content-type": "application/json" },
        accept: "text/event-stream",
      },
    },
    (response) => {
      response.setEncoding("utf8").on("data", (text) => {
        streamed += text;
      });
      response.on("error", () => {});
    },
  );
  stream.on("error", () => {}).end(body);

  const metrics = async () => (await fetch(`${hub.url}/metrics`)).text();
  await expect.poll(metrics).toMatch(/^signalbox_subscribers 2$/m);
  await hub.run('mutation { emitEvent(input: { type: "order.paid" }) { userErrors { message } } }');
  expect((await first).value).toEqual({
    data: { eventEmitted: { event: { type: "order.paid" } } },
  });
  await expect.poll(() => streamed).toContain('"order.paid"');
  stream.destroy();
  await socket.dispose();
}

testWith("nginx")(
  "nginx with the file passes queries, streams and websockets on, and hides the metrics",
  async () => {
    await using hub = await testHub();
    await using place = await folder();
    const port = await freePort();
    const within = (file: string) => join(place.path, file);
    await writeFile(within("fullchain.pem"), goodCertificate);
    await writeFile(within("privkey.pem"), tlsKey);
    const site = program("deploy", "nginx signalbox.conf")
      .replaceAll("/etc/ssl/hub.example.com", place.path)
      .replace("127.0.0.1:4000", new URL(hub.url).host)
      .replace("listen 443 ssl", `listen 127.0.0.1:${port} ssl`);
    await writeFile(within("nginx.conf"), nginxOf(place.path, site));
    const args = ["-p", place.path, "-c", within("nginx.conf")];
    await run("nginx", ["-t", ...args]);
    await using _proxy = await startProxy("nginx", args);
    await expectPassedOn(hub, port);
  },
);

testWith("haproxy")(
  "HAProxy with the file passes queries, streams and websockets on, and hides the metrics",
  async () => {
    await using hub = await testHub();
    await using place = await folder();
    const port = await freePort();
    await writeFile(join(place.path, "full.pem"), goodCertificate + tlsKey);
    const file = join(place.path, "haproxy.cfg");
    await writeFile(
      file,
      program("deploy", "txt haproxy.cfg")
        .replace("/etc/ssl/hub.example.com", place.path)
        .replace("127.0.0.1:4000", new URL(hub.url).host)
        .replace("bind :443", `bind 127.0.0.1:${port}`),
    );
    await run("haproxy", ["-c", "-f", file]);
    await using _proxy = await startProxy("haproxy", ["-db", "-f", file]);
    await expectPassedOn(hub, port);
  },
);
