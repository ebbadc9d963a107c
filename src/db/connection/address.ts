import { userInfo } from "node:os";
import { DatabaseRefusal } from "./refusal.ts";
import { readTls, type Tls, tlsParameters } from "./tls.ts";

/** What DATABASE_URL says, for both drivers alike: neither reads it, or a variable of PG*, by itself. */
export type Address = {
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
  tls: Tls;
  /** 0: as long as the system tries. */
  connectTimeoutS: number;
  applicationName: string | undefined;
  /** As for PGOPTIONS: `-c name=value …`; what the hub sets itself counts more. */
  options: string | undefined;
  /** Names of parameters that mean nothing here. */
  ignored: string[];
};

const CONNECT_TIMEOUT_S = 5;

/** Parameters of a libpq URI, and how far they are taken. */
const read = [
  ...["host", "port", "user", "password", "dbname", "connect_timeout", "application_name"],
  ...["options", "target_session_attrs", ...tlsParameters],
];
/** Says of other clients how they are to read the URL. */
const moot = ["uselibpqcompat"];

const refuse = (text: string) => new DatabaseRefusal(`DATABASE_URL ${text}.`);

/** A `%` that begins no code stands for itself, as in passwords that were pasted as they are. */
const bareSign = /%(?![\da-f]{2})/gi;

function decode(text: string, what: string): string {
  try {
    return decodeURIComponent(text.replace(bareSign, "%25"));
  } catch {
    throw refuse(`has a ${what} whose %-codes are no UTF-8: write a % itself as %25`);
  }
}

function readHost(given: string): string {
  const host = given.replace(/^\[(.*)\]$/, "$1");
  if (host === "") throw refuse("names no host: Signalbox reaches PostgreSQL over TCP");
  if (/^[/@]/.test(host))
    throw refuse("names a Unix socket: Signalbox reaches PostgreSQL over TCP");
  if (host.includes(","))
    throw refuse("names several hosts: give one, or a name or proxy that leads to the primary");
  return host;
}

function wholeNumber(text: string, name: string, min: number, max: number): number {
  if (/^\d{1,9}$/.test(text) && Number(text) >= min && Number(text) <= max) return Number(text);
  throw refuse(`has ${name}=${text}: it must be a whole number from ${min} to ${max}`);
}

/** The hub writes, so it takes no other server for one that only reads. */
function checkTarget(attributes: string | undefined): void {
  if (!attributes || ["any", "read-write", "primary"].includes(attributes)) return;
  throw refuse(
    `has target_session_attrs=${attributes}: Signalbox writes, so it must be any, read-write or primary`,
  );
}

/** Reads a URL as libpq does. Throws DatabaseRefusal; its sentence holds no password. */
export function readAddress(text: string): Address {
  const url = URL.parse(text);
  if (!url || !/^postgres(ql)?:$/.test(url.protocol) || url.hash !== "") {
    throw refuse(
      "must be like postgres://user:password@host:5432/database, with what is special in the password percent-encoded",
    );
  }
  const given = new Map([...url.searchParams].filter(([, value]) => value !== ""));
  const user = given.get("user") ?? (decode(url.username, "user") || userInfo().username);
  const host = readHost(given.get("host") ?? decode(url.hostname, "host"));
  checkTarget(given.get("target_session_attrs"));
  return {
    host,
    port: wholeNumber(given.get("port") ?? (url.port || "5432"), "port", 1, 65_535),
    user,
    password: given.get("password") ?? decode(url.password, "password"),
    database: given.get("dbname") ?? (decode(url.pathname.slice(1), "database") || user),
    tls: readTls(given, host, refuse),
    connectTimeoutS: wholeNumber(
      given.get("connect_timeout") ?? String(CONNECT_TIMEOUT_S),
      "connect_timeout",
      0,
      86_400,
    ),
    applicationName: given.get("application_name"),
    options: given.get("options"),
    ignored: [...given.keys()].filter((name) => ![...read, ...moot].includes(name)),
  };
}
