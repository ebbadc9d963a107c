import { readdir, readFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Folders of src, and what each may import of the others; files of its own it may always. */
const mayImport: Record<string, string[]> = {
  domain: ["catalogs", "jsonSchema", "db", "telemetry", "util"],
  // What is known without the hub: JSON Schema, and the event types that are shipped.
  catalogs: ["jsonSchema"],
  jsonSchema: ["util"],
  db: ["packageRoot", "util"],
  // Reads the tables as they are, so that it finds what the rest got wrong. Of the domain it knows the limits alone.
  verify: ["db", "domain"],
  worker: ["domain", "outbound", "db", "log", "telemetry", "util"],
  // OpenTelemetry, which records nothing without its SDK.
  telemetry: ["util", "version"],
  outbound: ["domain", "util"],
  live: ["db", "log", "util"],
  graphql: ["domain", "catalogs", "db", "live", "util"],
  // Translates for those who speak no GraphQL.
  doors: ["http", "graphql", "domain", "db", "live", "util", "version"],
  http: ["domain", "graphql", "log", "packageRoot", "telemetry", "util"],
  // It calls a hub as any client does, and what `listen` forwards to as the hub calls a hook.
  cli: [
    ...["client", "config", "db", "domain", "log", "outbound", "start", "util", "verify"],
    "version",
  ],
  // Runs in the programs of others: it knows the API alone.
  client: [],
  receiver: ["client"],
  // The browser's own world: it knows the API alone, as any client does.
  console: [],
  config: ["util"],
  log: [],
  // Processes that run programs of tenants.
  sandbox: ["domain", "polyfill", "util"],
  // For an older Node.js.
  polyfill: ["polyfills"],
  polyfills: [],
  // What knows nothing of the hub.
  util: [],
  version: ["packageRoot"],
  packageRoot: [],
  secretKeyFile: ["domain"],
  banner: ["config", "hub", "version"],
};

/** Those that put the parts together. */
const composition = ["main", "start", "hub", "openOutbound"];

/** The only importers of what the rest of the code is to know nothing about. */
const onlyImporters: Record<string, string[]> = {
  pino: ["src/log.ts"],
  "pino-pretty": ["src/log.ts"],
  pg: ["src/db/queue/jobPool.ts", "src/worker/job/runner.ts"],
  "graphile-worker": [
    "src/db/schema/migrate.ts",
    "src/worker/job/runner.ts",
    "src/worker/job/tasks.ts",
  ],
  "@opentelemetry/api": ["meter", "sdk", "span"].map((name) => `src/telemetry/${name}.ts`),
  "@opentelemetry/sdk-node": ["src/telemetry/sdk.ts"],
  nodemailer: ["src/outbound/mail/mailer.ts"],
  "undici/lib/dispatcher/client.js": ["src/outbound/call/connectionPool.ts"],
};

/** What `outbound` may know of the domain. */
const pure = /^src\/domain\/hook\/(target|mailTarget)\.ts$/;
/** Files of one folder, without their styles. */
const MOST_FILES = 15;

type Source = { path: string; text: string; imports: string[] };

const importPattern =
  /^(?:import|export)\b(?:[^"();=]*\bfrom)?\s*"([^"]+)"|\bimport\(\s*"([^"]+)"/gm;

const resolvePath = (path: string, from: string) =>
  from.startsWith(".") ? new URL(from, `file:///${path}`).pathname.slice(1) : from;

function read(path: string, text: string): Source {
  const imports = [...text.matchAll(importPattern)].map(([, stated, late]) =>
    resolvePath(path, stated ?? late ?? ""),
  );
  return { path, text, imports };
}

async function sourcesIn(...folders: string[]): Promise<Source[]> {
  const paths: string[] = [];
  for (const folder of folders) {
    for (const path of await readdir(`${root}${folder}`, { recursive: true })) {
      if (/\.tsx?$/.test(path)) paths.push(`${folder}/${path}`);
    }
  }
  return Promise.all(
    paths.sort().map(async (path) => read(path, await readFile(root + path, "utf8"))),
  );
}

const sources = await sourcesIn("src");

/** The folder of src that a file is in; a file of src itself is its own. */
const partOf = (path: string) => basename(path.split("/")[1] ?? "", ".ts");

test("imports go the way of the flow, and no arrow goes back", () => {
  const wrong = sources.flatMap(({ path, imports }) => {
    const part = partOf(path);
    if (composition.includes(part)) return [];
    return imports
      .filter((from) => from.startsWith("src/") && partOf(from) !== part)
      .filter((from) => !mayImport[part]?.includes(partOf(from)))
      .map((from) => `${path} imports ${from}`);
  });
  expect(wrong).toEqual([]);
  // The table is neither longer nor shorter than what there is.
  const used = new Set(
    sources.flatMap(({ path, imports }) =>
      imports.map((from) => `${partOf(path)} > ${partOf(from)}`),
    ),
  );
  const allowed = Object.entries(mayImport).flatMap(([part, from]) =>
    from.map((one) => `${part} > ${one}`),
  );
  expect(allowed.filter((one) => !used.has(one))).toEqual([]);
  const parts = new Set(sources.map(({ path }) => partOf(path)));
  expect([...parts].sort()).toEqual([...Object.keys(mayImport), ...composition].sort());
});

test("no import leads back to where it came from, types included", () => {
  const importsOf = new Map(sources.map(({ path, imports }) => [path, imports]));
  const circles: string[] = [];
  const done = new Set<string>();
  const follow = (path: string, way: string[]) => {
    if (way.includes(path)) circles.push([...way.slice(way.indexOf(path)), path].join(" > "));
    if (done.has(path) || way.includes(path)) return;
    for (const next of importsOf.get(path) ?? []) follow(next, [...way, path]);
    done.add(path);
  };
  for (const { path } of sources) follow(path, []);
  expect(circles).toEqual([]);
});

test(`no folder of src has more than ${MOST_FILES} files`, () => {
  const folders = Map.groupBy(sources, ({ path }) => dirname(path));
  const full = [...folders].filter(([, files]) => files.length > MOST_FILES);
  expect(full.map(([folder, files]) => `${folder}: ${files.length}`)).toEqual([]);
});

test("what calls the world knows only the pure rules of the domain, which import nothing", () => {
  const known = sources
    .filter(({ path }) => path.startsWith("src/outbound/"))
    .flatMap(({ imports }) => imports)
    .filter((from) => from.startsWith("src/domain/"));
  expect(known.filter((from) => !pure.test(from))).toEqual([]);
  const impure = sources
    .filter(({ path }) => pure.test(path))
    .flatMap(({ path, imports }) => imports.map((from) => `${path} imports ${from}`))
    .filter((line) => !/ imports (node:|src\/util\/)/.test(line));
  expect(impure).toEqual([]);
});

test("what verifies knows only the limits of the domain", () => {
  const known = sources
    .filter(({ path }) => path.startsWith("src/verify/"))
    .flatMap(({ imports }) => imports)
    .filter((from) => from.startsWith("src/domain/"));
  expect(known).toEqual(["src/domain/delivery/claimLimits.ts"]);
});

test("each library with a place of its own is imported there alone", () => {
  for (const [library, importers] of Object.entries(onlyImporters)) {
    const found = sources
      .filter(({ imports }) => imports.includes(library))
      .map(({ path }) => path);
    expect(found, library).toEqual(importers);
  }
});

test("the environment is read in config.ts alone", () => {
  const readers = sources.filter(({ text }) =>
    /\bprocess\.env\b|\benv\b[^\n]*node:process/.test(text),
  );
  expect(readers.map(({ path }) => path)).toEqual(["src/config/config.ts"]);
});

test("SQL stands in src/db, and in src/verify, which asks what the rest is not to be asked", () => {
  const wrong = sources
    .filter(({ path }) => !/^src\/(db|verify)\//.test(path))
    .filter(({ text }) => /\b(sql|tx)(<[^`;]*>)?`/.test(text));
  expect(wrong.map(({ path }) => path)).toEqual([]);
});

test("no file is over 300 lines, and half of those in src are under 80", async () => {
  const lengths = (await sourcesIn("src", "test")).map(({ path, text }) => ({
    path,
    lines: text.split("\n").length - 1,
  }));
  expect(lengths.filter(({ lines }) => lines > 300)).toEqual([]);
  const inSrc = lengths.filter(({ path }) => path.startsWith("src/")).map(({ lines }) => lines);
  expect(inSrc.sort((a, b) => a - b)[Math.floor(inSrc.length / 2)]).toBeLessThanOrEqual(80);
});

test("nothing is exported by default, and no file only passes on what others export", () => {
  const byDefault = sources.filter(({ text }) => /^export default\b/m.test(text));
  // Vite takes its settings in no other way.
  expect(byDefault.map(({ path }) => path)).toEqual(["src/console/vite.config.ts"]);
  expect(sources.filter(({ text }) => /^export \* from/m.test(text))).toEqual([]);
});

test("whatever src exports is imported somewhere", async () => {
  const importers = [...sources, ...(await sourcesIn("test", "docs/.vitepress"))];
  importers.push(read("codegen.ts", await readFile(`${root}codegen.ts`, "utf8")));
  const clause = /^(?:import|export)\s(?:type\s)?([^;"]*?)\sfrom\s"(\.[^"]+)"/gm;
  // A module that is loaded late is taken apart where it is loaded.
  const late = /\bimport\(\s*"(\.[^"]+)"/g;
  const imported = new Set<string>();
  const loaded = new Set<string>();
  for (const { path, text } of importers) {
    for (const [, from = ""] of text.matchAll(late)) loaded.add(resolvePath(path, from));
    for (const [, names = "", from = ""] of text.matchAll(clause))
      for (const name of names.split(/[{},]/))
        imported.add(`${resolvePath(path, from)}: ${name.trim().replace(/^type | as .*/g, "")}`);
  }
  const declared = /^export (?:async )?(?:const|function|class|type|interface|enum) (\w+)/gm;
  const unused = sources
    // Tables are read by drizzle-kit, and what is generated says what there is.
    .filter(({ path }) => !loaded.has(path))
    .filter(({ path }) => !/^src\/db\/schema\/\w*ables\.ts$|\.d\.ts$/.test(path))
    .flatMap(({ path, text }) => [...text.matchAll(declared)].map(([, name]) => `${path}: ${name}`))
    .filter((name) => !imported.has(name));
  expect(unused).toEqual([]);
});

test("resolvers and doors hand the connection that sees every project to changes of the domain alone", () => {
  const resolvers = sources.filter(({ path }) => /^src\/(graphql|doors)\//.test(path));
  const wrong = resolvers.flatMap(({ path, text }) => {
    const handed = [...text.matchAll(/(\w+)?[(`]?\s*(?:context\.)?\bhub\.db\b/g)];
    const fromDomain = [
      ...text.matchAll(/^import (?:type )?\{([^}]*)\} from "(?:\.\.\/)+domain\//gm),
    ]
      .flatMap(([, names = ""]) => names.split(","))
      .map((name) => name.trim());
    return handed
      .filter(([, callee]) => !fromDomain.includes(callee ?? ""))
      .map(([found]) => `${path}: ${found}`);
  });
  expect(wrong).toEqual([]);
});
