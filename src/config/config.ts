import { isIP } from "node:net";
import { resolve } from "node:path";
import { z } from "zod";
import { type EgressProxySettings, egressProxy, readEgressProxy } from "./egressProxy.ts";
import { hubShape } from "./hubSettings.ts";
import { type MailSettings, mailOf, mailShape, partOfMail } from "./mailSettings.ts";
import { forgetPgVariables, withPgVariables } from "./pgVariables.ts";
import { type SecretKey, secretKeys } from "./secretKeys.ts";
import { hidden, list, oneOf, setting, wholeNumber } from "./setting.ts";
import { strayVariables } from "./strayVariables.ts";
import { readTelemetry, type TelemetrySettings } from "./telemetrySettings.ts";

export type Config = {
  port: number;
  host: string;
  databaseUrl?: string;
  /** PostgreSQL's own URL, when `databaseUrl` is a transaction pooler's. */
  directUrl?: string;
  /** A standby's URL, for queries. */
  readUrl?: string;
  /** Absolute path. */
  dataDir: string;
  roles: { api: boolean; worker: boolean };
  adminKey?: string;
  /** The first key encrypts; all of them decrypt. */
  secretKeys?: SecretKey[];
  /** CIDRs that outgoing calls may reach although they are not public. */
  allowTargets: string[];
  requireHttps: boolean;
  /** Absent: targets are called directly, whatever proxies the environment names. */
  egressProxy?: EgressProxySettings;
  /** Origins of web pages that may call the API, as browsers write them. */
  allowedOrigins: string[];
  /** Without a slash at its end. When absent, `http://HOST:PORT` is used once the hub listens. */
  publicUrl?: string;
  retentionDays: number;
  /** A template of the page that shows a trace, with {traceId}. */
  traceUrl?: string;
  /** Absent unless the environment asks for it. */
  telemetry?: TelemetrySettings;
  /** Absent without a mail server. */
  mail?: MailSettings;
  logLevel: (typeof logLevels)[number];
};

/** Thrown for an invalid setting, which stops the boot. The message is one sentence for the operator. */
export class ConfigError extends Error {
  override name = "ConfigError" as const;
}

const logLevels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;

/**
 * TCP only: libpq accepts a socket directory as a host, but the driver would ignore it and connect to another server.
 * The URL's details are read by db/connection/address.ts.
 */
const databaseUrl = setting(
  "a URL like postgres://user:password@host:5432/database (one host to reach over TCP, not a Unix socket; special characters of the password percent-encoded)",
  (text) => {
    const url = /^postgres(ql)?:\/\//.test(text) ? URL.parse(text) : null;
    const isSocket =
      /^[/@]/.test(url?.searchParams.get("host") ?? "") || /%2f/i.test(url?.host ?? "");
    return url && !isSocket && url.hash === "" ? text : undefined;
  },
  hidden,
);

const dataDir = z.string().transform((text) => resolve(text));

const logLevel = oneOf(logLevels).prefault("info");

const host = setting("a host name or an IP address", (text) =>
  isIP(text) !== 0 || /^[a-z\d]([a-z\d.-]{0,251}[a-z\d])?$/i.test(text) ? text : undefined,
);

const roles = setting("api, worker or api,worker", (text) => {
  const names = new Set(list(text));
  const known = [...names].every((name) => name === "api" || name === "worker");
  return known ? { api: names.has("api"), worker: names.has("worker") } : undefined;
});

const adminKey = setting(
  "32 to 200 printable ASCII characters",
  (text) => (/^[\x20-\x7e]{32,200}$/.test(text) ? text : undefined),
  hidden,
);

const isCidr = (text: string) => {
  const [, address = "", bits] = /^([\da-f.:]+)\/(\d{1,3})$/i.exec(text) ?? [];
  const family = isIP(address);
  return family !== 0 && Number(bits) <= (family === 4 ? 32 : 128);
};

const allowTargets = setting("a list of CIDRs like 10.0.0.0/8,fd00::/8", (text) => {
  if (text === "") return [];
  return list(text).every(isCidr) ? list(text) : undefined;
});

/** The URL's origin, when the URL has no other part; a trailing slash is allowed. */
function originOf(text: string): string | undefined {
  const url = /[*]/.test(text) ? null : URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password) return undefined;
  return url.href === `${url.origin}/` && !/[?#]/.test(text) ? url.origin : undefined;
}

/** An address that a proxy may serve the hub at: without user, query and fragment, and no slash at its end. */
function addressOf(text: string): string | undefined {
  const url = URL.parse(text);
  if (!url || originOf(url.origin) === undefined || url.username || url.password) return undefined;
  if (!/^[^?#*]*$/.test(text) || !/^(\/[\w.~-]+)*\/?$/.test(url.pathname)) return undefined;
  return url.origin + url.pathname.replace(/\/$/, "");
}

/** What paths of the hub begin with: a request for one of them would lose it as the path of the address. */
const hubPaths = ["api", "docs", "graphql", "healthz", "ingest", "metrics", "readyz", "v1"];

const publicUrl = setting(
  "a URL like https://hub.example.com or https://example.com/hub, without user, query and fragment",
  addressOf,
).superRefine((address, context) => {
  const [, first = ""] = new URL(address).pathname.split("/");
  if (!hubPaths.includes(first)) return;
  const message = `must not be below /${first}, where the hub has paths of its own: take another path, such as /hub`;
  context.addIssue({ code: "custom", message });
});

const allowedOrigins = setting(
  "a list of browser origins like https://app.example.com,http://localhost:5173 (no path, no *, not null)",
  (text) => {
    const origins = list(text).map(originOf);
    return origins.every((origin) => origin !== undefined) ? [...new Set(origins)] : undefined;
  },
);

const traceUrl = setting(
  "a URL with {traceId}, like https://jaeger.example.com/trace/{traceId}",
  (text) => {
    const url = URL.parse(text.replaceAll("{traceId}", "0".repeat(32)));
    const isUrl = url && /^https?:$/.test(url.protocol) && !url.username && !url.password;
    return isUrl && text.slice(url.origin.length).includes("{traceId}") ? text : undefined;
  },
);

const databaseShape = {
  DATABASE_URL: databaseUrl.optional(),
  SIGNALBOX_DIRECT_URL: databaseUrl.optional(),
  SIGNALBOX_READ_URL: databaseUrl.optional(),
  SIGNALBOX_DATA: dataDir.prefault(".signalbox"),
  LOG_LEVEL: logLevel,
};

const keyShape = {
  SIGNALBOX_SECRET_KEY: secretKeys.optional(),
};

const shape = {
  ...databaseShape,
  ...keyShape,
  PORT: wholeNumber(0, 65_535).prefault("4000"),
  HOST: host.prefault("127.0.0.1"),
  SIGNALBOX_ROLES: roles.prefault("api,worker"),
  SIGNALBOX_ADMIN_KEY: adminKey.optional(),
  SIGNALBOX_ALLOW_TARGETS: allowTargets.optional(),
  SIGNALBOX_REQUIRE_HTTPS: oneOf(["true", "false"]).prefault("false"),
  SIGNALBOX_EGRESS_PROXY: egressProxy.optional(),
  SIGNALBOX_PUBLIC_URL: publicUrl.optional(),
  SIGNALBOX_ALLOWED_ORIGINS: allowedOrigins.optional(),
  SIGNALBOX_RETENTION_DAYS: wholeNumber(1, 36_500).prefault("30"),
  SIGNALBOX_TRACE_URL: traceUrl.optional(),
  ...mailShape,
};

/** A variable that is set but empty counts as unset (container tools pass it so), except where empty has a meaning. */
const given = (env: NodeJS.ProcessEnv) =>
  Object.fromEntries(
    Object.entries(env)
      .map(([name, text]) => [name, text?.trim()])
      .filter(([name, text]) => text || name === "SIGNALBOX_ALLOW_TARGETS"),
  );

function parse<S extends z.ZodRawShape>(settings: S, env: NodeJS.ProcessEnv) {
  const parsed = z.object(settings).safeParse(given(env));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new ConfigError(`${issue?.path.join(".")} ${issue?.message}.`);
}

/** The database URLs that are set. */
function readUrls(values: z.output<z.ZodObject<typeof databaseShape>>, env: NodeJS.ProcessEnv) {
  const { DATABASE_URL, SIGNALBOX_DIRECT_URL, SIGNALBOX_READ_URL } = values;
  for (const [name, url] of Object.entries({ SIGNALBOX_DIRECT_URL, SIGNALBOX_READ_URL }))
    if (url && !DATABASE_URL)
      throw new ConfigError(
        `DATABASE_URL must be set when ${name} is: the embedded database has one address.`,
      );
  const whole = (url: string) => withPgVariables(url, env);
  return {
    ...(DATABASE_URL && { databaseUrl: whole(DATABASE_URL) }),
    ...(SIGNALBOX_DIRECT_URL && { directUrl: whole(SIGNALBOX_DIRECT_URL) }),
    ...(SIGNALBOX_READ_URL && { readUrl: whole(SIGNALBOX_READ_URL) }),
  };
}

/**
 * Only the settings of the database, for the command line. Removes libpq's variables (PG…) from the environment. Throws
 * ConfigError.
 */
export function readDatabaseSettings(
  env: NodeJS.ProcessEnv = process.env,
): Pick<Config, "databaseUrl" | "directUrl" | "readUrl" | "dataDir" | "logLevel"> {
  const values = parse(databaseShape, env);
  const urls = readUrls(values, env);
  forgetPgVariables(env);
  return { ...urls, dataDir: values.SIGNALBOX_DATA, logLevel: values.LOG_LEVEL };
}

/** Only the key-encryption keys, for the command line; undefined when none is set. Throws ConfigError. */
export const readSecretKeys = (env: NodeJS.ProcessEnv = process.env): SecretKey[] | undefined =>
  parse(keyShape, env).SIGNALBOX_SECRET_KEY;

/** A setting of a command: a flag or, without one, its variable. Throws ConfigError. */
function readFlag<T>(
  [flag, text]: [name: string, text: string | undefined],
  [variable, type]: [name: string, type: z.ZodType<T>],
  env: NodeJS.ProcessEnv,
): T {
  const name = text === undefined ? variable : flag;
  return parse({ [name]: type }, { [name]: text ?? env[variable] })[name] as T;
}

/** The settings of commands that call a hub. Throws ConfigError. */
export function readHubSettings(
  { url, key }: { url?: string; key?: string },
  env: NodeJS.ProcessEnv = process.env,
): { url: string; key: string | undefined } {
  const { SIGNALBOX_URL, SIGNALBOX_KEY } = hubShape;
  return {
    url: readFlag(["--url", url], ["SIGNALBOX_URL", SIGNALBOX_URL], env),
    key: readFlag(["--key", key], ["SIGNALBOX_KEY", SIGNALBOX_KEY], env),
  };
}

/** The key to a system that is imported from. Throws ConfigError. */
export const readImportToken = (
  token: string | undefined,
  env: NodeJS.ProcessEnv = process.env,
): string | undefined =>
  readFlag(["--token", token], ["SIGNALBOX_IMPORT_TOKEN", hubShape.SIGNALBOX_IMPORT_TOKEN], env);

/** All settings of the hub, validated. Throws ConfigError for the first invalid one. */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  if (env.NODE_TLS_REJECT_UNAUTHORIZED === "0") {
    throw new ConfigError(
      "NODE_TLS_REJECT_UNAUTHORIZED must not be 0: the hub checks the certificates of the servers it calls.",
    );
  }
  const values = parse(shape, env);
  const missing = partOfMail(values);
  if (missing) throw new ConfigError(missing);
  const embedded = values.DATABASE_URL === undefined;
  if (!embedded && !values.SIGNALBOX_SECRET_KEY) {
    throw new ConfigError(
      "SIGNALBOX_SECRET_KEY must be set when DATABASE_URL is: 32 bytes in base64 (openssl rand -base64 32), kept for as long as the database.",
    );
  }
  return {
    ...readDatabaseSettings(env),
    port: values.PORT,
    host: values.HOST,
    roles: values.SIGNALBOX_ROLES,
    ...(values.SIGNALBOX_ADMIN_KEY && { adminKey: values.SIGNALBOX_ADMIN_KEY }),
    ...(values.SIGNALBOX_SECRET_KEY && { secretKeys: values.SIGNALBOX_SECRET_KEY }),
    allowTargets: values.SIGNALBOX_ALLOW_TARGETS ?? (embedded ? ["127.0.0.0/8", "::1/128"] : []),
    requireHttps: values.SIGNALBOX_REQUIRE_HTTPS === "true",
    ...readEgressProxy(values.SIGNALBOX_EGRESS_PROXY, env, parse),
    allowedOrigins: values.SIGNALBOX_ALLOWED_ORIGINS ?? [],
    ...(values.SIGNALBOX_PUBLIC_URL && { publicUrl: values.SIGNALBOX_PUBLIC_URL }),
    retentionDays: values.SIGNALBOX_RETENTION_DAYS,
    ...(values.SIGNALBOX_TRACE_URL && { traceUrl: values.SIGNALBOX_TRACE_URL }),
    ...readTelemetry(env),
    ...mailOf(values),
  };
}

/** Variables named like settings that are not settings, each with the nearest setting. */
export const unknownSettings = (env: NodeJS.ProcessEnv = process.env) =>
  strayVariables(env, [...Object.keys(shape), ...Object.keys(hubShape)]);
