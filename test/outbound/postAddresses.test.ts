import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { describe, expect, test } from "vitest";
import { type AddressGuard, createGuard } from "../../src/outbound/address/addressGuard.ts";
import { checkTarget } from "../../src/outbound/address/checkTarget.ts";
import { createResolver, type Resolver } from "../../src/outbound/address/resolver.ts";
import { connect } from "../../src/outbound/call/connect.ts";
import { createPoster } from "../../src/outbound/call/post.ts";
import { answer, startRawReceiver } from "../fixtures/hostile.ts";
import { type Found, startNameServer, type Zone } from "../fixtures/nameServer.ts";

const startCanary = () => startRawReceiver(answer("HTTP/1.1 204 No Content\n\n"));

const call = async (
  url: string,
  {
    timeoutMs = 500,
    ...over
  }: {
    guard?: AddressGuard;
    resolver?: Resolver;
    requireHttps?: boolean;
    timeoutMs?: number;
  } = {},
) => {
  await using poster = createPoster({
    guard: createGuard({ allow: [] }),
    userAgent: "signalbox/test",
    requireHttps: false,
    ...over,
  });
  return await poster.post({ url, headers: {}, body: "{}", timeoutMs });
};

const refused = {
  outcome: "REFUSED",
  error: "address not allowed",
  statusCode: null,
  remoteAddress: null,
};

describe("a call to an address that is not allowed", () => {
  test.each([
    ...["127.0.0.1", "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "0x7f000001", "017700000001"],
    ...["[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "①②⑦.0.0.1", "127。0。0。1", "0", "0.0.0.0"],
    ...["localhost", "LOCALHOST", "app.localhost", "[::1]", "[::]", "[::127.0.0.1]"],
    ...["127.0.0.1.", "[64:ff9b::7f00:1]", "169.254.169.254", "10.0.0.1"],
  ])("is not made when it is spelt %s", async (host) => {
    await using canary = await startCanary();
    expect(await call(`http://${host}:${canary.port}/`)).toMatchObject(refused);
    expect(canary.connections()).toBe(0);
  });

  test.each([
    ...[
      "http://u:p@127.0.0.1:PORT/",
      "http://example.com\\@127.0.0.1:PORT/",
      "http:127.0.0.1:PORT",
    ],
    ...[
      "file:///etc/passwd",
      "not a url",
      "http://127.0.0.1:PORT/\r\nx: y",
      "gopher://127.0.0.1:PORT/",
    ],
  ])("is not made when the target is %j", async (url) => {
    await using canary = await startCanary();
    const reply = await call(url.replace("PORT", String(canary.port)), {
      guard: createGuard({ allow: ["127.0.0.0/8"] }),
    });
    expect(reply).toMatchObject({ ...refused, error: expect.stringMatching(/^not sent: /) });
    expect(canary.connections()).toBe(0);
  });

  test("is not made by http where https is required, nor to a service's port", async () => {
    expect(await call("http://8.8.8.8/", { requireHttps: true })).toMatchObject({
      outcome: "REFUSED",
    });
    expect(await call("http://8.8.8.8:22/")).toMatchObject(refused);
  });

  test("is made when the operator has listed it", async () => {
    await using canary = await startCanary();
    const guard = createGuard({ allow: ["127.0.0.0/8"] });
    for (const host of ["127.1", "localhost", "[::ffff:127.0.0.1]"]) {
      expect(await call(`http://${host}:${canary.port}/`, { guard })).toMatchObject({
        outcome: "SUCCESS",
      });
    }
  });
});

describe("a call to a name", () => {
  const withZone = async (zone: Zone, run: (resolver: Resolver) => Promise<void>) => {
    await using dns = await startNameServer(zone);
    await run(createResolver({ servers: [dns.address] }));
  };

  test.each([
    [["127.0.0.1"]],
    [["8.8.8.8", "127.0.0.1"]],
    [["8.8.8.8", "fd00:0:0:0:0:0:0:1"]],
    [["0:0:0:0:0:0:0:1"]],
    [[...Array.from({ length: 20 }, (_, i) => `8.8.8.${i}`), "10.0.0.1"]],
  ])("is not made when its addresses are %j", async (addresses) => {
    await using canary = await startCanary();
    await withZone(
      () => addresses,
      async (resolver) => {
        const reply = await call(`http://evil.example:${canary.port}/`, { resolver });
        expect(reply).toMatchObject(refused);
      },
    );
    expect(canary.connections()).toBe(0);
  });

  test("is made over any of its listed addresses", async () => {
    await using canary = await startCanary();
    const guard = createGuard({ allow: ["127.0.0.0/8"] });
    await withZone(
      () => ["127.0.0.2", "127.0.0.1"],
      async (resolver) => {
        const reply = await call(`http://good.example:${canary.port}/`, { guard, resolver });
        expect(reply).toMatchObject({ outcome: "SUCCESS", remoteAddress: "127.0.0.1" });
        expect(reply.requestHeaders.host).toBe(`good.example:${canary.port}`);
      },
    );
  });

  test("is not made when the name moved to a private address after it was saved", async () => {
    await using canary = await startCanary();
    const url = `http://rebind.example:${canary.port}/`;
    let addresses = ["8.8.8.8"];
    await withZone(
      () => addresses,
      async (resolver) => {
        const guard = createGuard({ allow: [] });
        expect(await checkTarget(guard, resolver, url, { requireHttps: false })).toBe(url);
        addresses = ["127.0.0.1"];
        expect(await call(url, { guard, resolver })).toMatchObject(refused);
      },
    );
    expect(canary.connections()).toBe(0);
  });

  test("sends nothing when the connected address is not one that was judged", async () => {
    await using canary = await startCanary();
    // Good before the connection, bad after it: what a guard that looked only once would miss.
    let looks = 0;
    const guard = { allows: () => looks++ === 0, isListed: () => false };
    const resolver = { resolve: async () => ["127.0.0.1"] };
    for (const scheme of ["http", "https"]) {
      looks = 0;
      const reply = await call(`${scheme}://moved.example:${canary.port}/`, { guard, resolver });
      expect(reply).toMatchObject(refused);
    }
    expect(canary.connections()).toBe(2);
    expect(canary.received()).toBe("");
  });

  test("that was reset before anybody could look is no refused address", async () => {
    // Reset between the connection and the second look, by a thread that is told to while this one is busy.
    const source = `const { parentPort, workerData } = require("node:worker_threads");
      const told = Atomics.waitAsync(workerData, 0, 0).value;
      const server = require("node:net").createServer((socket) =>
        Promise.resolve(told).then(() => socket.resetAndDestroy()).then(() => {
          Atomics.store(workerData, 1, 1);
          Atomics.notify(workerData, 1);
        }));
      server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));`;
    const flags = new Int32Array(new SharedArrayBuffer(8));
    const thread = new Worker(source, { eval: true, workerData: flags });
    const [port] = await once(thread, "message");
    const { signal } = new AbortController();
    let waits = 0;
    const remove = signal.removeEventListener.bind(signal);
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      remove(...args);
      // The second wait is over: it was for the connection.
      if (++waits !== 2) return;
      Atomics.store(flags, 0, 1);
      Atomics.notify(flags, 0);
      Atomics.wait(flags, 1, 0);
    };
    const guard = createGuard({ allow: ["127.0.0.0/8"] });
    const connected = connect(
      { guard, resolver: createResolver(), proxyFor: () => null },
      new URL(`http://127.0.0.1:${port}/`),
      signal,
    );
    await expect(connected.then(({ socket }) => socket.destroy())).rejects.toMatchObject({
      outcome: "CONNECTION_ERROR",
      message: expect.stringMatching(/^connection closed: reset/),
    });
    await thread.terminate();
  });

  test.each([
    ["NXDOMAIN", "dns error: name not found"],
    ["SERVFAIL", "dns error: the name server failed"],
    ["SILENT", "timeout: no complete answer within 500 ms"],
    ["REFUSED", "dns error: the name server refused to answer"],
    ["FORMERR", "dns error: the name server did not understand the question"],
    ["GARBAGE", "dns error: the name server's answer is malformed"],
    [[], "dns error: the name has no address"],
    [[{ cname: "lost.example", addresses: [] }], "dns error: the name has no address"],
  ] satisfies [Found, string][])(
    "fails by itself when the name server's answer is %j",
    async (found, error) => {
      await withZone(
        () => found,
        async (resolver) => {
          const reply = await call("http://lost.example/", { resolver });
          expect(reply).toMatchObject({ outcome: "CONNECTION_ERROR", error, remoteAddress: null });
        },
      );
    },
  );

  test("tells within the 5 s of an ordinary hook that the name server is silent", async () => {
    await withZone(
      () => "SILENT",
      async (resolver) => {
        const reply = await call("http://lost.example/", { resolver, timeoutMs: 5_000 });
        expect(reply.error).toBe("dns error: the name server did not answer");
      },
    );
  });

  test("is made though others, asked for meanwhile, get answers that are garbage", async () => {
    await withZone(
      (name) => (name.startsWith("evil") ? "GARBAGE" : ["8.8.8.8"]),
      async (resolver) => {
        const evil = Promise.allSettled(
          Array.from({ length: 20 }, (_, i) => resolver.resolve(`evil-${i}.example`)),
        );
        const good = Array.from({ length: 20 }, (_, i) => resolver.resolve(`good-${i}.example`));
        expect(await Promise.all(good)).toEqual(good.map(() => ["8.8.8.8"]));
        for (const answered of await evil)
          expect(answered).toMatchObject({ reason: { code: "EBADRESP" } });
      },
    );
  });

  test("is made though its name takes a second, when others before it took no time", async () => {
    await withZone(
      async (name) => {
        if (name === "slow.example") await delay(1_000);
        return ["8.8.8.8"];
      },
      async (resolver) => {
        for (let i = 0; i < 10; i++) await resolver.resolve(`quick-${i}.example`);
        expect(await resolver.resolve("slow.example")).toEqual(["8.8.8.8"]);
      },
    );
  });

  test("is made over the first address though its connection takes more than a moment", async () => {
    await using canary = await startCanary();
    const guard = createGuard({ allow: ["127.0.0.0/8"] });
    const resolver = {
      async resolve() {
        // What a distant address or a busy process looks like: 400 ms until the connection is noticed.
        setImmediate(() => {
          const until = performance.now() + 400;
          while (performance.now() < until);
        });
        return ["127.0.0.1", "127.0.0.9"];
      },
    };
    const url = `http://far.example:${canary.port}/`;
    const reply = await call(url, { guard, resolver, timeoutMs: 5_000 });
    expect(reply).toMatchObject({ outcome: "SUCCESS", remoteAddress: "127.0.0.1" });
  });

  test("is judged by all of 1,000 addresses, though they need TCP", async () => {
    const many = Array.from({ length: 999 }, (_, i) => `8.${i >> 8}.${i & 255}.8`);
    await using canary = await startCanary();
    await withZone(
      () => [...many, "127.0.0.1"],
      async (resolver) => {
        expect((await resolver.resolve("many.example")).length).toBe(1_000);
        const reply = await call(`http://many.example:${canary.port}/`, { resolver });
        expect(reply).toMatchObject(refused);
      },
    );
    expect(canary.connections()).toBe(0);
  });
});
