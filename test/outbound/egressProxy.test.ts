import { once } from "node:events";
import { createServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer, isIPv6 } from "node:net";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createGuard } from "../../src/outbound/address/addressGuard.ts";
import { createResolver } from "../../src/outbound/address/resolver.ts";
import { HubFailure } from "../../src/outbound/call/hubFailure.ts";
import { createPoster } from "../../src/outbound/call/post.ts";
import { createProxyFor } from "../../src/outbound/proxy/egressProxy.ts";
import { goodCertificate, tlsKey } from "../fixtures/certificates.ts";
import { connectProxy } from "../fixtures/connectProxy.ts";
import { closeAtOnce, neverAnswer, startRawReceiver } from "../fixtures/hostile.ts";
import { startNameServer } from "../fixtures/nameServer.ts";
import { privateAddresses } from "../fixtures/privateAddresses.ts";
import { receiver } from "../fixtures/receiver.ts";

const loopback = ["127.0.0.0/8"];
const before = getCACertificates();
beforeAll(() => setDefaultCACertificates([...before, goodCertificate]));
afterAll(() => setDefaultCACertificates(before));

type PosterOptions = Partial<Parameters<typeof createPoster>[0]>;

const through = (url: string, over: PosterOptions = {}) =>
  createPoster({
    guard: createGuard({ allow: loopback }),
    userAgent: "signalbox/test",
    requireHttps: false,
    proxy: { http: url, https: url, except: [] },
    ...over,
  });

const call = (url: string, timeoutMs = 2_000) => ({ url, headers: {}, body: "{}", timeoutMs });

async function startSecureReceiver() {
  const names: string[] = [];
  const server = createServer({ key: tlsKey, cert: goodCertificate }, (request, response) => {
    names.push(`${(request.socket as { servername?: string }).servername} ${request.headers.host}`);
    response.end("ok");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    ...{ port, names, url: `https://localhost:${port}/` },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

describe("a call through a proxy", () => {
  test("goes by CONNECT to the judged address, for http as for https, and tells the proxy no name", async () => {
    await using target = await receiver();
    await using secure = await startSecureReceiver();
    await using proxy = await connectProxy();
    await using dns = await startNameServer(() => ["127.0.0.1"]);
    const resolver = createResolver({ servers: [dns.address] });
    await using poster = through(proxy.url, { resolver });
    const { port } = new URL(target.url);
    const plain = await poster.post(call(`http://named.example:${port}/`));
    expect(plain).toMatchObject({ outcome: "SUCCESS", remoteAddress: "127.0.0.1" });
    expect(target.requests[0]?.headers.host).toBe(`named.example:${port}`);
    expect(await poster.post(call(secure.url))).toMatchObject({ outcome: "SUCCESS" });
    expect(secure.names).toEqual([`localhost localhost:${secure.port}`]);
    const authorities = [`127.0.0.1:${port}`, `127.0.0.1:${secure.port}`];
    expect(proxy.asked).toEqual(
      authorities.map((authority) => ({ authority, answered: 200, host: authority })),
    );
    expect(proxy.others).toEqual([]);
  });

  test("reuses its tunnel, and sends the proxy's password to the proxy alone", async () => {
    await using target = await receiver();
    await using proxy = await connectProxy({ credentials: "hub:p@ss:w" });
    await using poster = through(proxy.url.replace("//", "//hub:p%40ss%3Aw@"));
    // A connection rests for a moment before it is trusted to be kept.
    const reused = async () => {
      const reply = await poster.post(call(target.url));
      expect(reply.outcome).toBe("SUCCESS");
      expect(JSON.stringify(reply)).not.toMatch(/proxy-auth|Basic/i);
      return target.requests.length - proxy.asked.length;
    };
    await expect.poll(reused).toBeGreaterThan(2);
    expect(proxy.sent()).not.toMatch(/proxy-authorization/i);
  });

  test("may go through a proxy that is itself called by https", async () => {
    await using secure = await startSecureReceiver();
    await using target = await receiver();
    await using proxy = await connectProxy({ tls: { key: tlsKey, cert: goodCertificate } });
    await using poster = through(proxy.url);
    for (const url of [secure.url, target.url])
      expect(await poster.post(call(url))).toMatchObject({ outcome: "SUCCESS", error: null });
    expect(proxy.asked.length).toBe(2);
  });

  test("tries the next address of a name when the proxy cannot reach the first", async () => {
    await using target = await receiver();
    await using dns = await startNameServer(() => ["127.0.0.2", "127.0.0.1"]);
    const refuse = (authority: string) => (authority.startsWith("127.0.0.2") ? 503 : null);
    await using proxy = await connectProxy({ refuse });
    await using poster = through(proxy.url, {
      resolver: createResolver({ servers: [dns.address] }),
    });
    const { port } = new URL(target.url);
    expect(await poster.post(call(`http://two.example:${port}/`))).toMatchObject({
      ...{ outcome: "SUCCESS", remoteAddress: "127.0.0.1" },
    });
    expect(proxy.asked.map(({ answered }) => answered)).toEqual([503, 200]);
  });

  test.each([
    [403, "proxy error: the egress proxy answered 403 (it does not let the hub call this target)"],
    [502, "proxy error: the egress proxy answered 502 (it could not reach the target)"],
    [500, "proxy error: the egress proxy answered 500 (no tunnel)"],
  ])("fails as the target's failure when the proxy answers %i for it", async (status, error) => {
    await using proxy = await connectProxy({ refuse: () => status });
    await using poster = through(proxy.url);
    expect(await poster.post(call("http://127.0.0.1:9/"))).toMatchObject({
      ...{ outcome: "CONNECTION_ERROR", error, statusCode: null, remoteAddress: null },
    });
  });

  test("fails as the target's failure when the proxy hangs up, talks nonsense or waits too long", async () => {
    const behaviours = [
      [closeAtOnce, undefined, "proxy error: the egress proxy hung up when asked for the target"],
      [neverAnswer, 300, "timeout: the egress proxy had no connection to the target in time"],
    ] as const;
    for (const [behave, timeoutMs, error] of behaviours) {
      await using raw = await startRawReceiver(behave);
      await using poster = through(`http://127.0.0.1:${raw.port}`);
      expect(await poster.post(call("http://127.0.0.1:9/", timeoutMs))).toMatchObject({
        ...{ outcome: "CONNECTION_ERROR", error },
      });
    }
    await using raw = await startRawReceiver((socket) => void socket.end("SSH-2.0-x\r\n"));
    await using poster = through(`http://127.0.0.1:${raw.port}`);
    const { error } = await poster.post(call("http://127.0.0.1:9/"));
    expect(error).toBe(
      "proxy error: the egress proxy gave no answer that is HTTP when asked for the target",
    );
  });

  test("is the hub's failure, which counts no try, when the proxy is away or wants other credentials", async () => {
    const server = createTcpServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, "close");
    await using away = through(`http://u:sesame@127.0.0.1:${port}`);
    await expect(away.post(call("http://127.0.0.1:9/"))).rejects.toThrow(
      new HubFailure(`the egress proxy 127.0.0.1:${port} cannot be reached (connection refused)`),
    );
    await using proxy = await connectProxy({ credentials: "hub:right" });
    await using poster = through(proxy.url.replace("//", "//hub:wrong@"));
    await expect(poster.post(call("http://127.0.0.1:9/"))).rejects.toThrow(
      new HubFailure(
        `the egress proxy 127.0.0.1:${proxy.port} wants other credentials (407): check the user and password in its URL`,
      ),
    );
  });
});

describe("the address guard judges a target before the proxy hears of it", () => {
  test("by its address, however it is spelt, or by its name", async () => {
    await using proxy = await connectProxy();
    let found: string[] = [];
    await using dns = await startNameServer((_name, kind) =>
      found.filter((ip) => isIPv6(ip) === (kind === "AAAA")),
    );
    await using poster = through(proxy.url, {
      guard: createGuard({ allow: [] }),
      resolver: createResolver({ servers: [dns.address] }),
    });
    const spellings = ["127.1", "2130706433", "0x7f.1", "localhost", "app.localhost", "①②⑦.0.0.1"];
    const hosts = privateAddresses.map((ip) => (isIPv6(ip) ? `[${ip}]` : ip));
    for (const host of [...hosts, ...spellings])
      for (const scheme of ["http", "https"])
        expect(await poster.post(call(`${scheme}://${host}/`)), host).toMatchObject({
          ...{ outcome: "REFUSED", error: "address not allowed", remoteAddress: null },
        });
    for (const ip of privateAddresses.filter((one) => !isIPv6(one))) {
      found = ["8.8.8.8", ip];
      const reply = await poster.post(call(`http://n${ip.replaceAll(".", "-")}.example/`));
      expect(reply, ip).toMatchObject({ outcome: "REFUSED", error: "address not allowed" });
    }
    expect([proxy.asked, proxy.others]).toEqual([[], []]);
  });
});

describe("NO_PROXY", () => {
  const direct = (except: string[], url: string) =>
    createProxyFor({ http: "http://p:1", https: "http://p:1", except })(new URL(url)) === null;

  test.each([
    ["example.com", "https://example.com/"],
    ["example.com", "https://a.example.com/"],
    [".example.com", "https://a.example.com:8443/"],
    ["*.example.com", "https://a.example.com/"],
    ["EXAMPLE.com", "https://example.com/"],
    ["example.com:8443", "https://example.com:8443/"],
    ["example.com:443", "https://example.com/"],
    ["*", "https://example.com/"],
    ["10.0.0.0/8", "http://10.1.2.3/"],
    ["10.1.2.3", "http://10.1.2.3:8080/"],
    ["127.0.0.1", "http://127.1/"],
    ["::1", "http://[::1]/"],
    ["[::1]:80", "http://[::1]/"],
    ["fd00::/8", "http://[fd12::1]/"],
  ])("%s lets %s be called directly", (entry, url) => {
    expect(direct(["other.test", entry], url)).toBe(true);
  });

  test.each([
    ["example.com", "https://badexample.com/"],
    ["example.com", "https://example.com.evil.test/"],
    ["example.com:8443", "https://example.com/"],
    ["10.0.0.0/8", "http://11.1.2.3/"],
    ["10.0.0.0/8", "http://ten.example/"],
    ["10.1.2.30", "http://10.1.2.3/"],
    ["fd00::/8", "http://10.0.0.1/"],
    ["[::1]:81", "http://[::1]/"],
  ])("%s does not let %s be called directly", (entry, url) => {
    expect(direct([entry], url)).toBe(false);
  });

  test("takes no call from the guard", async () => {
    await using proxy = await connectProxy();
    const settings = { http: proxy.url, https: proxy.url, except: ["*"] };
    await using poster = through("", { guard: createGuard({ allow: [] }), proxy: settings });
    expect(await poster.post(call("http://10.0.0.1/"))).toMatchObject({ outcome: "REFUSED" });
    await using target = await receiver();
    await using open = through("", { proxy: settings });
    expect(await open.post(call(target.url))).toMatchObject({ outcome: "SUCCESS" });
    expect(proxy.asked).toEqual([]);
  });
});
