import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import {
  ConfigError,
  readConfig,
  readDatabaseSettings,
  readHubSettings,
  readImportToken,
  unknownSettings,
} from "../../src/config/config.ts";

const key = Buffer.alloc(32, 7).toString("base64");
const other = Buffer.alloc(32, 8).toString("base64");
const external = {
  DATABASE_URL: "postgres://hub:sesame@db.example.com:5432/hub",
  SIGNALBOX_SECRET_KEY: key,
};

test("without settings the hub serves everything on this machine alone, with its own database", () => {
  expect(readConfig({})).toEqual({
    port: 4000,
    host: "127.0.0.1",
    dataDir: resolve(".signalbox"),
    roles: { api: true, worker: true },
    allowTargets: ["127.0.0.0/8", "::1/128"],
    requireHttps: false,
    allowedOrigins: [],
    retentionDays: 30,
    logLevel: "info",
  });
});

test("each setting is taken", () => {
  const config = readConfig({
    ...external,
    SIGNALBOX_DIRECT_URL: "postgres://hub:sesame@db.example.com:5433/hub",
    SIGNALBOX_READ_URL: "postgres://hub:sesame@standby.example.com:5432/hub",
    PORT: "0",
    HOST: "::",
    SIGNALBOX_DATA: "/var/lib/signalbox",
    SIGNALBOX_ROLES: "worker",
    SIGNALBOX_ADMIN_KEY: "k".repeat(32),
    SIGNALBOX_ALLOW_TARGETS: "10.0.0.0/8, fd00::/8",
    SIGNALBOX_REQUIRE_HTTPS: "true",
    SIGNALBOX_PUBLIC_URL: "https://hub.example.com/",
    SIGNALBOX_ALLOWED_ORIGINS:
      "https://App.Example:443, http://localhost:5173/,https://app.example",
    SIGNALBOX_RETENTION_DAYS: "7",
    SIGNALBOX_TRACE_URL: "https://jaeger.example.com/trace/{traceId}?x={traceId}",
    SIGNALBOX_SMTP_URL: "smtps://hub:p%40ss%3A@mail.example.com",
    SIGNALBOX_SMTP_FROM: "The hub <hub@example.com>",
    LOG_LEVEL: "warn",
  });
  expect(config).toEqual({
    port: 0,
    host: "::",
    databaseUrl: external.DATABASE_URL,
    directUrl: "postgres://hub:sesame@db.example.com:5433/hub",
    readUrl: "postgres://hub:sesame@standby.example.com:5432/hub",
    dataDir: "/var/lib/signalbox",
    roles: { api: false, worker: true },
    adminKey: "k".repeat(32),
    secretKeys: [{ id: "default", key: Buffer.alloc(32, 7) }],
    allowTargets: ["10.0.0.0/8", "fd00::/8"],
    requireHttps: true,
    publicUrl: "https://hub.example.com",
    allowedOrigins: ["https://app.example", "http://localhost:5173"],
    retentionDays: 7,
    traceUrl: "https://jaeger.example.com/trace/{traceId}?x={traceId}",
    logLevel: "warn",
    mail: {
      server: {
        ...{ host: "mail.example.com", port: 465, secure: true },
        ...{ user: "hub", pass: "p@ss:" },
      },
      from: { name: "The hub", address: "hub@example.com" },
    },
  });
});

test("a mail server needs a sender, and a sender a server", () => {
  const from = { SIGNALBOX_SMTP_FROM: "hub@example.com" };
  const url = { SIGNALBOX_SMTP_URL: "smtp://[::1]:2525/" };
  expect(readConfig({ ...from, ...url }).mail).toEqual({
    server: { host: "::1", port: 2525, secure: false },
    from: { name: "", address: "hub@example.com" },
  });
  expect(() => readConfig(url)).toThrow(/^SIGNALBOX_SMTP_FROM must be set when/);
  expect(() => readConfig(from)).toThrow(/^SIGNALBOX_SMTP_URL must be set when/);
});

test("with DATABASE_URL no private address may be called unless it is allowed", () => {
  expect(readConfig(external).allowTargets).toEqual([]);
});

test("an empty SIGNALBOX_ALLOW_TARGETS allows none, any other empty setting counts as not set", () => {
  const config = readConfig({ SIGNALBOX_ALLOW_TARGETS: "", PORT: "", DATABASE_URL: " " });
  expect(config).toMatchObject({ allowTargets: [], port: 4000 });
  expect(config).not.toHaveProperty("databaseUrl");
});

test("of several secret keys the first comes first, and one may go without an id", () => {
  const { secretKeys } = readConfig({ SIGNALBOX_SECRET_KEY: `new:${other}, ${key}` });
  expect(secretKeys?.map(({ id }) => id)).toEqual(["new", "default"]);
  expect(secretKeys?.[0]?.key).toEqual(Buffer.alloc(32, 8));
});

test("the database's settings can be read while others are wrong or missing", () => {
  const { DATABASE_URL } = external;
  const settings = readDatabaseSettings({ DATABASE_URL, PORT: "wrong" });
  expect(settings.databaseUrl).toBe(DATABASE_URL);
});

describe("a wrong setting stops the boot with a sentence that names it, what was given and what is right", () => {
  test.each([
    ["PORT", "eighty", /^PORT must be a whole number from 0 to 65535, not "eighty"\.$/],
    ["PORT", "65536", /^PORT must/],
    ["PORT", "-1", /^PORT must/],
    ["PORT", "80.5", /^PORT must/],
    ["HOST", "http://hub", /^HOST must be a host name or an IP address, not "http:\/\/hub"\.$/],
    ["SIGNALBOX_ROLES", "api,cook", /^SIGNALBOX_ROLES must be .+, not "api,cook"\.$/],
    ["SIGNALBOX_ALLOW_TARGETS", "10.0.0.0/33", /^SIGNALBOX_ALLOW_TARGETS must be a list of CIDRs/],
    ["SIGNALBOX_ALLOW_TARGETS", "127.0.0.1", /^SIGNALBOX_ALLOW_TARGETS/],
    ["SIGNALBOX_ALLOW_TARGETS", "10.0.0.0/8,", /^SIGNALBOX_ALLOW_TARGETS/],
    ["SIGNALBOX_SMTP_URL", "mail.example.com:587", /must be a URL like smtp:.+not the 20 char/],
    ["SIGNALBOX_SMTP_URL", "smtp://:secret@mail.example.com", /not the 31 characters given\.$/],
    ["SIGNALBOX_SMTP_URL", "smtp://mail.example.com?a=b", /nothing after the port/],
    ["SIGNALBOX_SMTP_FROM", "hub", /must be an address like hub@example\.com or .+, not "hub"\.$/],
    ["SIGNALBOX_SMTP_FROM", "a@example.com, b@example.com", /must be an address like/],
    ["SIGNALBOX_REQUIRE_HTTPS", "yes", /must be one of true, false, not "yes"\.$/],
    ["SIGNALBOX_PUBLIC_URL", "hub.example.com", /^SIGNALBOX_PUBLIC_URL must be a URL like/],
    [
      "SIGNALBOX_PUBLIC_URL",
      "https://example.com/hub?x=1",
      /without user, query and fragment, not "/,
    ],
    ["SIGNALBOX_PUBLIC_URL", "https://example.com/hub#top", /fragment/],
    ["SIGNALBOX_PUBLIC_URL", "https://me@example.com/hub", /without user/],
    [
      "SIGNALBOX_PUBLIC_URL",
      "https://example.com/api/hub/",
      "SIGNALBOX_PUBLIC_URL must not be below /api, where the hub has paths of its own: take another path, such as /hub.",
    ],
    ["SIGNALBOX_PUBLIC_URL", "https://example.com/hub/../v1", /^SIGNALBOX_PUBLIC_URL .+ \/v1,/],
    ["SIGNALBOX_PUBLIC_URL", "https://example.com/docs", /must not be below \/docs, /],
    ["SIGNALBOX_PUBLIC_URL", "https://example.com/graphql", /must not be below \/graphql, /],
    ["SIGNALBOX_PUBLIC_URL", "https://example.com/healthz", /must not be below \/healthz, /],
    ["SIGNALBOX_PUBLIC_URL", "https://example.com//", /must be a URL like/],
    ["SIGNALBOX_PUBLIC_URL", "https://example.com/a b", /must be a URL like/],
    ["SIGNALBOX_TRACE_URL", "https://jaeger.example.com/", /must be a URL with \{traceId\}, like/],
    ["SIGNALBOX_TRACE_URL", "jaeger/{traceId}", /must be a URL with \{traceId\}/],
    ["SIGNALBOX_TRACE_URL", "javascript:alert({traceId})", /must be a URL with \{traceId\}/],
    ["SIGNALBOX_TRACE_URL", "https://me@jaeger/{traceId}", /must be a URL with \{traceId\}/],
    ["SIGNALBOX_TRACE_URL", "https://{traceId}.example.com/", /must be a URL with \{traceId\}/],
    ["SIGNALBOX_ALLOWED_ORIGINS", "*", /must be a list of browser origins .+ no \*.+, not "\*"\.$/],
    ["SIGNALBOX_ALLOWED_ORIGINS", "null", /not null/],
    ["SIGNALBOX_ALLOWED_ORIGINS", "https://*.example.com", /no \*/],
    ["SIGNALBOX_ALLOWED_ORIGINS", "https://app.example/path", /no path/],
    ["SIGNALBOX_ALLOWED_ORIGINS", "https://app.example?", /no path/],
    ["SIGNALBOX_ALLOWED_ORIGINS", "https://me:sesame@app.example", /browser origins/],
    ["SIGNALBOX_ALLOWED_ORIGINS", "https://app.example,,https://b.example", /browser origins/],
    ["SIGNALBOX_ALLOWED_ORIGINS", "app.example", /browser origins/],
    ["SIGNALBOX_ALLOWED_ORIGINS", "localhost:5173", /browser origins/],
    ["SIGNALBOX_RETENTION_DAYS", "0", /^SIGNALBOX_RETENTION_DAYS must be a whole number from 1/],
    ["LOG_LEVEL", "loud", /^LOG_LEVEL must be one of trace, .+, not "loud"\.$/],
    ["NODE_TLS_REJECT_UNAUTHORIZED", "0", /^NODE_TLS_REJECT_UNAUTHORIZED must not be 0/],
  ])("%s=%s", (name, value, message) => {
    expect(() => readConfig({ [name]: value })).toThrow(ConfigError);
    expect(() => readConfig({ [name]: value })).toThrow(message);
  });
});

describe("what may be secret is not repeated in the sentence", () => {
  test.each([
    ["SIGNALBOX_ADMIN_KEY", "too short"],
    ["SIGNALBOX_ADMIN_KEY", "k".repeat(201)],
    ["SIGNALBOX_ADMIN_KEY", `${"k".repeat(40)}\n${"k".repeat(40)}`],
    ["SIGNALBOX_SECRET_KEY", "c2hvcnQ="],
    ["SIGNALBOX_SECRET_KEY", `a:${key},a:${other}`],
    ["SIGNALBOX_SECRET_KEY", `a:${key},`],
    ["DATABASE_URL", "mysql://hub:sesame@db.example.com/hub"],
    ["DATABASE_URL", "postgres:///hub?host=/run/postgresql&password=sesame"],
    ["DATABASE_URL", "postgres://hub:sesame@%2Frun%2Fpostgresql/hub"],
    ["SIGNALBOX_DIRECT_URL", "mysql://hub:sesame@db.example.com/hub"],
    ["SIGNALBOX_READ_URL", "postgres:///hub?host=/run/postgresql&password=sesame"],
  ])("%s=%s", (name, value) => {
    expect(() => readConfig({ [name]: value })).toThrow(
      `not the ${value.length} characters given.`,
    );
  });
});

test("an external database needs a key for the secrets in it", () => {
  const { DATABASE_URL } = external;
  expect(() => readConfig({ DATABASE_URL })).toThrow(/^SIGNALBOX_SECRET_KEY must be set when/);
});

describe("an address beside DATABASE_URL is of no use without it", () => {
  test.each(["SIGNALBOX_DIRECT_URL", "SIGNALBOX_READ_URL"])("%s", (name) => {
    expect(() => readConfig({ [name]: external.DATABASE_URL })).toThrow(
      `DATABASE_URL must be set when ${name} is`,
    );
  });
});

describe("telemetry is asked for by OpenTelemetry's variables", () => {
  const asked = (env: NodeJS.ProcessEnv) => readConfig(env).telemetry;
  const endpoint = "http://collector:4318";

  test.each([
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
    "OTEL_TRACES_EXPORTER",
    "OTEL_METRICS_EXPORTER",
  ])("%s", (name) => {
    expect(asked({ [name]: endpoint })).toEqual({ askedBy: name, serviceName: "signalbox" });
    expect(asked({ [name]: " " })).toBeUndefined();
    expect(asked({ [name]: endpoint, OTEL_SDK_DISABLED: "True" })).toBeUndefined();
  });

  test("and not by others, nor by exporters that are none", () => {
    expect(asked({ OTEL_SERVICE_NAME: "hub", OTEL_TRACES_EXPORTER: "none" })).toBeUndefined();
  });

  test("which may name the service", () => {
    const on = { OTEL_TRACES_EXPORTER: "console" };
    const named = [
      { OTEL_SERVICE_NAME: "hub" },
      { OTEL_RESOURCE_ATTRIBUTES: "a=b, service.name=hub" },
    ];
    for (const env of named)
      expect(asked({ ...on, ...env })).toEqual({ askedBy: "OTEL_TRACES_EXPORTER" });
  });
});

test("variables that are named as settings and are none are found, with the setting that is nearest", () => {
  const known = { ...external, SIGNALBOX_DATA: "d", SIGNALBOX_ALLOWED_ORIGINS: "" };
  expect(unknownSettings({ ...known, PORT: "1", OTHER_RETENTION_DAYS: "1" })).toEqual([]);
  const meant = {
    SIGNALBOX_RETENTION_DAY: "SIGNALBOX_RETENTION_DAYS",
    SIGNALBOX_ALLOW_ORIGINS: "SIGNALBOX_ALLOWED_ORIGINS",
    SIGNALBOX_DATABASE_URL: "DATABASE_URL",
    SIGNALBOX_PORT: "PORT",
    signalbox_role: "SIGNALBOX_ROLES",
  };
  const env = Object.fromEntries(Object.keys(meant).map((name) => [name, "x"]));
  expect(
    Object.fromEntries(unknownSettings(env).map(({ name, nearest }) => [name, nearest])),
  ).toEqual(meant);
  // What Kubernetes says of a service of this name is meant for nobody.
  expect(
    unknownSettings({
      ...{ SIGNALBOX_SERVICE_HOST: "10.0.0.1", SIGNALBOX_SERVICE_PORT_HTTP: "4000" },
      ...{ SIGNALBOX_PORT: "tcp://10.0.0.1:4000", SIGNALBOX_PORT_4000_TCP_ADDR: "10.0.0.1" },
    }),
  ).toEqual([]);
});

test("a command's hub and keys come from flags, then from variables", () => {
  const env = {
    SIGNALBOX_URL: "http://hub.example.com/",
    SIGNALBOX_KEY: "sbx_env",
    SIGNALBOX_IMPORT_TOKEN: "theirs",
  };
  expect(readHubSettings({}, {})).toEqual({ url: "http://127.0.0.1:4000" });
  const fromEnv = { url: "http://hub.example.com", key: "sbx_env" };
  expect(readHubSettings({}, env)).toEqual(fromEnv);
  const flags = { url: "https://h/behind/", key: "sbx_flag" };
  expect(readHubSettings(flags, env)).toEqual({
    url: "https://h/behind",
    key: "sbx_flag",
  });
  expect([readImportToken(undefined, env), readImportToken("flag", env)]).toEqual([
    "theirs",
    "flag",
  ]);
  expect(() => readHubSettings({}, { SIGNALBOX_URL: "ftp://hub" })).toThrow(
    /^SIGNALBOX_URL must be the address of a hub/,
  );
  expect(() => readHubSettings({ key: "sbx_…" }, env)).toThrow(
    "--key must be an API key of printable ASCII characters, not the 5 characters given.",
  );
  expect(unknownSettings(env)).toEqual([]);
});

test.each([
  ["https://hub.example.com", "https://hub.example.com"],
  ["https://Example.com:443/hub/", "https://example.com/hub"],
  ["https://example.com/apis", "https://example.com/apis"],
  ["https://example.com/hub/api/v1", "https://example.com/hub/api/v1"],
  ["http://10.0.0.7:8080/tools/event-hub", "http://10.0.0.7:8080/tools/event-hub"],
])("the public address %s is taken as %s", (given, taken) => {
  expect(readConfig({ SIGNALBOX_PUBLIC_URL: given }).publicUrl).toBe(taken);
});
