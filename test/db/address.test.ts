import { describe, expect, test } from "vitest";
import { readDatabaseSettings } from "../../src/config/config.ts";
import { readAddress } from "../../src/db/connection/address.ts";
import { DatabaseRefusal } from "../../src/db/connection/refusal.ts";

describe("DATABASE_URL is read as libpq reads it", () => {
  test.each([
    ["postgres://u:p@db.example.com:6000/d", { host: "db.example.com", port: 6000, user: "u" }],
    ["postgresql://u:p@db/d", { host: "db", port: 5432, password: "p", database: "d" }],
    ["postgres://u@db", { user: "u", password: "", database: "u" }],
    ["postgres://u:p@[::1]:6000/d", { host: "::1", port: 6000 }],
    ["postgres://u:p@127.0.0.1/d", { host: "127.0.0.1" }],
    ["postgres://u:100%@db/d", { password: "100%" }],
    ["postgres://u:%zz%25%40é@db/d", { password: "%zz%@é" }],
    ["postgres://u:a@b@db/d", { password: "a@b", host: "db" }],
    ["postgres:///d?host=db&port=6000&user=u&password=p%40", { host: "db", port: 6000, user: "u" }],
    ["postgres://u:p@db/d?connect_timeout=3", { connectTimeoutS: 3 }],
    ["postgres://u:p@db/d?application_name=hub%201", { applicationName: "hub 1" }],
    ["postgres://u:p@db/d?options=-c%20geqo%3Doff", { options: "-c geqo=off" }],
    ["postgres://u:p@db/d?target_session_attrs=read-write", { ignored: [] }],
  ])("%s", (url, expected) => {
    expect(readAddress(url)).toMatchObject(expected);
  });

  test.each([
    ["", "if offered"],
    ["?sslmode=prefer", "if offered"],
    ["?sslmode=allow", "if offered"],
    ["?sslmode=disable", "never"],
    ["?ssl=false", "never"],
    ["?sslmode=require", "always"],
    ["?ssl=true", "always"],
    ["?ssl=no-verify", "always"],
    ["?sslmode=no-verify", "always"],
    ["?sslmode=require&uselibpqcompat=true", "always"],
    ["?sslmode=verify-full", "always"],
    ["?sslrootcert=system", "always"],
  ])("encryption: %s", (query, mode) => {
    const { tls, ignored } = readAddress(`postgres://u:p@db/d${query}`);
    expect(tls.mode).toBe(mode);
    expect(ignored).toEqual([]);
  });
});

test("what is meant for other programs is named, and nothing else is done with it", () => {
  const { ignored } = readAddress(
    "postgres://u:p@db/d?sslmode=require&channel_binding=require&schema=public&pgbouncer=true",
  );
  expect(ignored).toEqual(["channel_binding", "schema", "pgbouncer"]);
});

describe("what cannot be done is refused in one sentence, without the password", () => {
  test.each([
    ["postgres://u:sesame@db1,db2/d", "several hosts"],
    ["postgres:///d?host=db1,db2&password=sesame", "several hosts"],
    ["postgres:///d?password=sesame", "names no host"],
    ["postgres:///d?host=/run/postgresql&password=sesame", "a Unix socket"],
    ["postgres://u:sesame%ff@db/d", "a password whose %-codes are no UTF-8"],
    ["postgres://u:12#sesame@db/d", "percent-encoded"],
    ["postgres://u:sesame@db/d?sslmode=on", "sslmode=on: it must be one of disable, allow, prefer"],
    [
      "postgres://u:sesame@db/d?sslmode=require&sslrootcert=/no/file",
      "sslrootcert=/no/file, which cannot be read",
    ],
    ["postgres://u:sesame@db/d?sslmode=require&sslrootcert=system", "it must then be verify-full"],
    ["postgres://u:sesame@db/d?sslmode=require&sslcert=/etc/passwd", "cannot be used"],
    ["postgres://u:sesame@db/d?sslnegotiation=late", "it must be postgres or direct"],
    ["postgres://u:sesame@db/d?connect_timeout=soon", "connect_timeout=soon: it must be a whole"],
    ["postgres://u:sesame@db/d?port=0", "port=0"],
    ["postgres://u:sesame@db/d?target_session_attrs=standby", "Signalbox writes"],
  ])("%s", (url, words) => {
    const read = () => readAddress(url);
    expect(read).toThrow(DatabaseRefusal);
    expect(read).toThrow(words);
    expect(read).not.toThrow("sesame");
  });
});

test("of the address for reads it is said that it is one", () => {
  const at = (query: string) => () =>
    readAddress(`postgres://u:p@db/d?${query}`, "SIGNALBOX_READ_URL");
  expect(at("target_session_attrs=prefer-standby")()).toMatchObject({ host: "db", ignored: [] });
  expect(at("target_session_attrs=primary")).toThrow(
    "SIGNALBOX_READ_URL has target_session_attrs=primary: Signalbox only reads there, so it must be any, read-only, standby or prefer-standby.",
  );
});

describe("variables of libpq say what DATABASE_URL leaves out, and the drivers see none of them", () => {
  test.each([
    ["postgres://u@db/d", { PGPASSWORD: "a&b c" }, { password: "a&b c", host: "db" }],
    ["postgres://u:p@db/d", { PGPASSWORD: "other", PGUSER: "other" }, { password: "p", user: "u" }],
    ["postgres://", { PGHOST: "db", PGPORT: "6000", PGUSER: "u", PGDATABASE: "d" }, { port: 6000 }],
    ["postgres://u:p@db/d", { PGSSLMODE: "disable" }, { tls: { mode: "never" } }],
    ["postgres://u:p@db/d?sslmode=disable", { PGSSLMODE: "require" }, { tls: { mode: "never" } }],
    ["postgres://u:p@db/d", { PGOPTIONS: "-c geqo=off" }, { options: "-c geqo=off" }],
  ])("%s with %o", (url, variables, expected) => {
    const env: Record<string, string> = { DATABASE_URL: url, ...variables };
    const { databaseUrl = "" } = readDatabaseSettings(env);
    expect(readAddress(databaseUrl)).toMatchObject(expected);
    expect(Object.keys(env)).toEqual(["DATABASE_URL"]);
  });

  test("beside the embedded server they say nothing", () => {
    const env: Record<string, string> = { PGHOST: "elsewhere", PGSSLMODE: "verify-full" };
    expect(readDatabaseSettings(env)).not.toHaveProperty("databaseUrl");
    expect(env).toEqual({});
  });
});
