import { userInfo } from "node:os";
import { DatabaseRefusal } from "./refusal.ts";
import { readTls, type Tls, tlsParameters } from "./tls.ts";

/** A parsed database URL, for both drivers: neither reads the URL or a PG* variable itself. */
export type Address = {
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
  tls: Tls;
  /** 0: no limit but the system's. */
  connectTimeoutS: number;
  applicationName: string | undefined;
  /** As in PGOPTIONS: `-c name=value …`. The hub's own settings take precedence. */
  options: string | undefined;
  /** Names of parameters that have no meaning here. */
  ignored: string[];
};

const CONNECT_TIMEOUT_S = 5;

/** Parameters of a libpq URI, and how far they are supported. */
const read = [
  ...["host", "port", "user", "password", "dbname", "connect_timeout", "application_name"],
  ...["options", "target_session_attrs", ...tlsParameters],
];
/** Parameters that only tell other clients how to read the URL. */
const moot = ["uselibpqcompat"];

/** Throws what is wrong with a URL, naming the setting that holds it. */
type Refuse = (text: string) => DatabaseRefusal;

/** A `%` that starts no escape stands for itself, as in passwords pasted unencoded. */
const bareSign = /%(?![\da-f]{2})/gi;

function decode(text: string, what: string, refuse: Refuse): string {
  try {
    return decodeURIComponent(text.replace(bareSign, "%25"));
  } catch {
    throw refuse(`has a ${what} whose %-codes are no UTF-8: write a % itself as %25`);
  }
}

function readHost(given: string, refuse: Refuse): string {
  const host = given.replace(/^\[(.*)\]$/, "$1");
  if (host === "") throw refuse("names no host: Signalbox reaches PostgreSQL over TCP");
  if (/^[/@]/.test(host))
    throw refuse("names a Unix socket: Signalbox reaches PostgreSQL over TCP");
  if (host.includes(","))
    throw refuse("names several hosts: give one, or a name or proxy that leads to the primary");
  return host;
}

function readNumber(given: string, name: string, [min, max]: [number, number], refuse: Refuse) {
  if (/^\d{1,9}$/.test(given) && Number(given) >= min && Number(given) <= max) return Number(given);
  throw refuse(`has ${name}=${given}: it must be a whole number from ${min} to ${max}`);
}

/**
 * The hub writes, so it does not accept a read-only server in place of the primary; the URL for reads may lead to one.
 */
function checkTarget(attributes: string | undefined, reads: boolean, refuse: Refuse): void {
  const fitting = reads
    ? ["any", "read-only", "standby", "prefer-standby"]
    : ["any", "read-write", "primary"];
  if (!attributes || fitting.includes(attributes)) return;
  const does = reads ? "only reads there" : "writes";
  throw refuse(
    `has target_session_attrs=${attributes}: Signalbox ${does}, so it must be ${fitting.join(", ").replace(/, ([^,]+)$/, " or $1")}`,
  );
}

/** Settings that hold a database URL. */
export type UrlSetting = "DATABASE_URL" | "SIGNALBOX_DIRECT_URL" | "SIGNALBOX_READ_URL";

/** Parses a URL as libpq does. Throws DatabaseRefusal; its message contains no password. */
export function readAddress(text: string, setting: UrlSetting = "DATABASE_URL"): Address {
  const refuse = (why: string) => new DatabaseRefusal(`${setting} ${why}.`);
  const url = URL.parse(text);
  if (!url || !/^postgres(ql)?:$/.test(url.protocol) || url.hash !== "") {
    throw refuse(
      "must be like postgres://user:password@host:5432/database, with what is special in the password percent-encoded",
    );
  }
  const given = new Map([...url.searchParams].filter(([, value]) => value !== ""));
  const user = given.get("user") ?? (decode(url.username, "user", refuse) || userInfo().username);
  const host = readHost(given.get("host") ?? decode(url.hostname, "host", refuse), refuse);
  checkTarget(given.get("target_session_attrs"), setting === "SIGNALBOX_READ_URL", refuse);
  return {
    host,
    port: readNumber(given.get("port") ?? (url.port || "5432"), "port", [1, 65_535], refuse),
    user,
    password: given.get("password") ?? decode(url.password, "password", refuse),
    database: given.get("dbname") ?? (decode(url.pathname.slice(1), "database", refuse) || user),
    tls: readTls(given, host, refuse),
    connectTimeoutS: readNumber(
      given.get("connect_timeout") ?? String(CONNECT_TIMEOUT_S),
      "connect_timeout",
      [0, 86_400],
      refuse,
    ),
    applicationName: given.get("application_name"),
    options: given.get("options"),
    ignored: [...given.keys()].filter((name) => ![...read, ...moot].includes(name)),
  };
}
