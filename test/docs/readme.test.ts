import { execFile, spawn, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { parse, validate } from "graphql";
import postgres from "postgres";
import { expect, test } from "vitest";
import { commands } from "../../src/cli/commands.ts";
import { newSecret, secretKey, sign } from "../../src/domain/delivery/signature.ts";
import { schema } from "../../src/graphql/schema.ts";
import { limits } from "../../src/http/gate/limits.ts";
import { createMetrics } from "../../src/http/metrics.ts";
import { freshDatabase } from "../fixtures/database.ts";
import { testHub } from "../fixtures/hub.ts";
import { hubProcess, installation } from "../fixtures/process.ts";
import { receiver } from "../fixtures/receiver.ts";

const root = new URL("../../", import.meta.url);
const readme = await readFile(new URL("README.md", root), "utf8");

/** The fenced blocks of one language, of the whole README or of the section with this heading. */
function blocks(language: string, heading = ""): string[] {
  const section = readme.slice(readme.indexOf(heading));
  const end = heading === "" ? -1 : section.indexOf(`\n${heading.split(" ")[0]} `, 1);
  const text = end < 0 ? section : section.slice(0, end);
  return [...text.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, "gs"))].map(
    ([, code = ""]) => code,
  );
}

/** A shell that is given one block after the other. */
function shell() {
  const child = spawn("sh", [], {
    env: { PATH: `${dirname(process.execPath)}:${process.env.PATH}` },
    stdio: ["pipe", "pipe", "inherit"],
    // In a group of its own, so that what it leaves in the background can be ended with it.
    detached: true,
  });
  let said = "";
  child.stdout.on("data", (chunk) => {
    said += chunk;
  });
  return {
    type: (block: string) => child.stdin.write(block),
    said: () => said,
    [Symbol.dispose]: () => void process.kill(-(child.pid ?? 0), "SIGKILL"),
  };
}

async function freePort(): Promise<number> {
  await using taken = await receiver();
  return Number(new URL(taken.url).port);
}

const has = (program: string) => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;

test.skipIf(!has("curl"))(
  "the first example works when it is pasted as one block, also before the hub is there",
  async () => {
    await using database = await freshDatabase();
    const [hubPort, port] = [await freePort(), await freePort()];
    const site = installation({ DATABASE_URL: database.url, PORT: String(hubPort) });
    const block = blocks("sh", "## Try it")
      .join("")
      .replace("sbx_…", site.key)
      .replaceAll("127.0.0.1:4000", `127.0.0.1:${hubPort}`)
      .replaceAll("9000", String(port));
    using terminal = shell();
    terminal.type(block);
    await using _hub = await hubProcess(site);
    const patience = { timeout: 60_000 };
    await expect.poll(terminal.said, patience).toContain('"status":"PROCESSED"');
    await expect
      .poll(terminal.said, patience)
      .toMatch(/received \{"specversion":"1.0-rc1",.*"data":\{"amount":42\}\}/);
    await expect.poll(terminal.said, patience).toContain('"status":"PENDING","attemptCount":0');
    await expect.poll(terminal.said, patience).toContain('"status":"SUCCEEDED","attemptCount":1');
    // At its first try: the receiver was there.
    expect(terminal.said()).not.toContain("RETRYING");
  },
);

test("every GraphQL example fits the schema and does what it shows", async () => {
  await using target = await receiver();
  await using hub = await testHub();
  const examples = blocks("graphql");
  expect(examples.length).toBeGreaterThan(4);
  for (const example of examples) {
    const document = parse(example);
    expect(validate(schema, document), example).toEqual([]);
    if (example.startsWith("subscription")) continue;
    const answer = await hub.run(example.replace("http://127.0.0.1:9000", target.url));
    expect(JSON.stringify(answer), example).not.toMatch(/"userErrors":\[\{/);
  }
});

test("the examples of REST hooks end in the body that is printed", async () => {
  await using target = await receiver();
  await using hub = await testHub();
  const [body = ""] = blocks("json", "## REST hooks");
  for (const example of blocks("graphql", "## REST hooks")) {
    await hub.run(example.replace("http://127.0.0.1:9000", target.url));
  }
  await expect.poll(() => target.requests.length, { timeout: 60_000 }).toBe(1);
  expect(target.requests[0]).toMatchObject({
    path: "/resthook-callbacks?callback_id=12345",
    body: body.trim(),
  });
});

test("the SQL door's example emits an event", async () => {
  await using hub = await testHub();
  const [example = ""] = blocks("sql");
  const sql = postgres(hub.db.url, { max: 1, onnotice: () => {} });
  await sql.unsafe(example).simple();
  await sql.end();
  type Events = { events: { nodes: { type: string; data: object }[] } };
  const { events } = await hub.run<Events>("{ events(first: 1) { nodes { type data } } }");
  expect(events.nodes).toEqual([{ type: "ticket.created", data: { title: "Printer on fire" } }]);
});

test("every way to check a signature takes a true one and no other", async () => {
  const secret = newSecret();
  const body = '{"a":"ü"}';
  const timestamp = Math.floor(Date.now() / 1_000);
  const headers = {
    "webhook-id": "msg_1",
    "webhook-timestamp": String(timestamp),
    "webhook-signature": `${sign([secretKey(newSecret())], "msg_1", timestamp, body)} ${sign([secretKey(secret)], "msg_1", timestamp, body)}`,
  };
  const [withPackage = "", alone = ""] = blocks("js", "### Check the signature");

  const { verified } = await load(withPackage);
  expect(verified(secret, headers, body)).toEqual({ a: "ü" });
  expect(() => verified(secret, headers, `${body} `)).toThrow();

  const { isFromHub } = await load(alone);
  expect(isFromHub(secret, headers, body)).toBe(true);
  expect(isFromHub(secret, headers, `${body} `)).toBe(false);
  expect(isFromHub(newSecret(), headers, body)).toBe(false);
  const old = timestamp - 600;
  const signedThen = sign([secretKey(secret)], "msg_1", old, body);
  const late = { ...headers, "webhook-timestamp": String(old), "webhook-signature": signedThen };
  expect(isFromHub(secret, late, body)).toBe(false);
});

test.skipIf(!has("openssl"))("the shell's way to a signature gives the hub's", async () => {
  const secret = newSecret();
  const body = '{"a":"ü"}';
  const [script = ""] = blocks("sh", "### Check the signature");
  const { PATH = "" } = process.env;
  const { stdout } = await promisify(execFile)("sh", ["-c", script], {
    env: { PATH, SECRET: secret, ID: "msg_1", TIMESTAMP: "1700000000", BODY: body },
  });
  expect(`v1,${stdout.trim()}`).toBe(sign([secretKey(secret)], "msg_1", 1_700_000_000, body));
});

/** A block as the module that it is. */
async function load(code: string) {
  const path = join(tmpdir(), `${randomUUID()}.mjs`);
  const resolved = code.replace('"standardwebhooks"', () =>
    JSON.stringify(import.meta.resolve("standardwebhooks")),
  );
  await writeFile(path, resolved);
  try {
    return await import(/* @vite-ignore */ pathToFileURL(path).href);
  } finally {
    await rm(path);
  }
}

/** The words in the first column of the table below a heading that look like code. */
function firstColumn(heading: string): string[] {
  const [section = ""] = readme.slice(readme.indexOf(heading)).split(/\n#+ /, 1);
  const rows = section.matchAll(/^\| (`.*?) \|/gm);
  return [...rows].flatMap(([, cell = ""]) =>
    [...cell.matchAll(/`([^`{]+)/g)]
      .filter(([, name]) => name !== ", ")
      .map(([, name = ""]) => name),
  );
}

test("the table of settings names every setting there is", async () => {
  const config = await readFile(new URL("src/config.ts", root), "utf8");
  const settings = [...config.matchAll(/^ {2}([A-Z][A-Z_]+): /gm)].map(([, name]) => name);
  expect(firstColumn("## Settings").sort()).toEqual(settings.sort());
});

test("the tables of metrics and dependencies are complete", async () => {
  const metrics = await createMetrics(async () => 0).registry.getMetricsAsJSON();
  for (const { name } of metrics) {
    if (name.startsWith("signalbox_")) expect(readme).toContain(`| \`${name}`);
  }
  const text = await readFile(new URL("package.json", root), "utf8");
  const { dependencies, devDependencies, optionalDependencies, overrides } = JSON.parse(text);
  const patterns = firstColumn("## Dependencies").map(
    (name) => new RegExp(`^${name.replaceAll("*", ".+")}$`),
  );
  for (const name of Object.keys({
    ...dependencies,
    ...devDependencies,
    ...optionalDependencies,
  })) {
    expect(
      patterns.some((pattern) => pattern.test(name)),
      name,
    ).toBe(true);
  }
  for (const shared of Object.values<Record<string, string>>(overrides ?? {})) {
    for (const [name, version] of Object.entries(shared))
      expect(readme).toContain(`\`${name}\` (${version}`);
  }
});

test("the operator's commands and the limits are those of the code", () => {
  for (const { usage } of commands) expect(readme).toContain(`npm run cli -- ${usage}\n`);
  const { characters, tokens, brackets, depth, aliases, rootFields, directives, overlaps, cost } =
    limits;
  const english = (number: number) => number.toLocaleString("en");
  expect(readme).toContain(
    `${english(characters)} characters, ${english(tokens)} tokens, ${brackets} brackets in each other, depth ${depth}, ${aliases} aliases, ${rootFields} root fields, ${directives} directives, ${overlaps} fields and fragments that are repeated |`,
  );
  expect(readme).toContain(`multiplied by their \`first\` | ${english(cost)} |`);
});
