import { describe, expect, test } from "vitest";
import { parseTarget } from "../../src/domain/hook/target.ts";
import { createGuard } from "../../src/outbound/address/addressGuard.ts";
import { checkTarget } from "../../src/outbound/address/checkTarget.ts";
import { createResolver } from "../../src/outbound/address/resolver.ts";
import { UserError } from "../../src/util/userError.ts";
import { startNameServer } from "../fixtures/nameServer.ts";

const codeOf = async (run: () => unknown) => {
  try {
    await run();
    return "ACCEPTED";
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    expect(error.entries[0]?.path).toEqual(["url"]);
    return error.entries[0]?.code;
  }
};

const invalid = [
  "",
  "example.com/hook",
  "/hook",
  "http:example.com",
  "http:///example.com",
  "http://",
  "https://:443/",
  "ftp://example.com/",
  "file:///etc/passwd",
  "javascript:alert(1)",
  "data:text/plain,x",
  "http://exa mple.com/",
  " http://example.com/",
  "http://example.com/\n",
  "http://exam\tple.com/",
  "http://example.com/\u0000",
  "http://example.com/a\u0085b",
  "http://example.com/a\ud800b",
  "http://example.com/\u202egpj.exe",
  "http://exam\u00adple.com/",
  "http://example.com\\@127.0.0.1/",
  "http://example.com/#part",
  "http://example.com/#",
  "http://example.com:99999/",
  "http://127.0.0.1%00.example.com/",
  "http://[::1%25lo]/",
  `http://example.com/${"a".repeat(2030)}`,
  `http://example.com/${"é".repeat(400)}`,
];
const refused = [
  "https://user:secret@example.com/",
  "https://user@example.com/",
  "https://@example.com/",
  "http://foo@127.0.0.1:80@example.com/",
  "https://example.com./",
  "http://intranet/",
  "http://localhost/",
  "http://LOCALHOST:3000/",
  "http://app.localhost/",
  "http://printer.local/",
  "http://db.internal/",
  "http://router.home.arpa/",
  "http://abcdef.onion/",
  "http://example.com:22/",
  "http://example.com:25/",
  "http://example.com:5432/",
  "http://example.com:6379/",
  "http://127.0.0.1/",
  "http://127.1/",
  "http://2130706433/",
  "http://0x7f.1/",
  "http://0177.0.0.1/",
  "http://①②⑦.0.0.1/",
  "http://127。0。0。1/",
  "http://127.0.0.1./",
  "http://0/",
  "http://[::1]/",
  "http://[::]/",
  "http://[::ffff:127.0.0.1]/",
  "http://[64:ff9b::7f00:1]/",
  "http://169.254.169.254/latest/meta-data",
  "http://10.0.0.1:8080/",
];

describe("a target", () => {
  const resolver = { resolve: () => Promise.reject(new Error("no name server")) };
  const check = (url: string, allow: string[] = [], requireHttps = false) =>
    checkTarget(createGuard({ allow }), resolver, url, { requireHttps });

  test.each(invalid)("is INVALID when it is %j", async (url) => {
    expect(await codeOf(() => check(url))).toBe("INVALID");
  });

  test.each(refused)("is refused when it is %s", async (url) => {
    expect(await codeOf(() => check(url))).toBe("TARGET_REFUSED");
  });

  test.each([
    "https://example.com",
    "https://example.com/hook?a=b%20c&d=é",
    "http://example.com:8080/a/../b",
    "HTTPS://Bücher.example/",
    "http://example.com:3000/?x=//@&y={z}",
    "http://8.8.8.8/",
    "http://[2606:4700:4700::1111]:8443/",
    "https://example.com/it's?",
    "https://example.com?q='",
  ])(
    "is kept as it is given when it is %s, a name that has no address yet included",
    async (url) => {
      expect(await check(url)).toBe(url);
    },
  );

  test("is called over https alone where the operator says so", async () => {
    const rules = { requireHttps: true };
    expect(await codeOf(() => parseTarget("http://example.com/", rules))).toBe("TARGET_REFUSED");
    expect(parseTarget("https://example.com/", rules).href).toBe("https://example.com/");
  });

  test("may be any name and port of an address the operator has listed", async () => {
    const loopback = ["127.0.0.0/8"];
    expect(await check("http://localhost:6379/x", loopback)).toBe("http://localhost:6379/x");
    expect(await check("http://app.localhost/", loopback)).toBe("http://app.localhost/");
    expect(await check("http://127.1:22/", loopback)).toBe("http://127.1:22/");
    expect(await check("http://[::1]:9/", ["::1/128"])).toBe("http://[::1]:9/");
    expect(await codeOf(() => check("http://printer.local/", loopback))).toBe("TARGET_REFUSED");
    expect(await codeOf(() => check("http://10.0.0.1/", loopback))).toBe("TARGET_REFUSED");
  });

  test("is refused when any of its name's addresses is, without naming it", async () => {
    const zone: Record<string, string[]> = {
      "good.example": ["8.8.8.8", "2606:4700:0:0:0:0:0:1111"],
      "mixed.example": ["8.8.8.8", "10.11.12.13"],
      "six.example": ["8.8.8.8", "fd00:0:0:0:0:0:0:1"],
    };
    await using dns = await startNameServer((name) => zone[name] ?? "NXDOMAIN");
    const resolver = createResolver({ servers: [dns.address] });
    const check = (url: string) =>
      checkTarget(createGuard({ allow: [] }), resolver, url, { requireHttps: false });
    expect(await check("http://good.example/")).toBe("http://good.example/");
    expect(await check("http://unknown.example/")).toBe("http://unknown.example/");
    await expect(check("http://mixed.example/")).rejects.toThrow(
      /^(?!.*10\.11).*may not be called/,
    );
    expect(await codeOf(() => check("http://six.example/"))).toBe("TARGET_REFUSED");
  });
});
