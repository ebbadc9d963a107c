import { readdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createGuard } from "../../src/outbound/address/addressGuard.ts";
import { checkTarget } from "../../src/outbound/address/checkTarget.ts";
import { createResolver } from "../../src/outbound/address/resolver.ts";
import { parseSearchList } from "../../src/outbound/address/searchList.ts";
import { createPoster } from "../../src/outbound/call/post.ts";
import { answer, startRawReceiver } from "../fixtures/hostile.ts";
import { startNameServer, type Zone } from "../fixtures/nameServer.ts";

/** As a pod of Kubernetes has it. */
const pod = "search shop.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n";
let files = 0;

async function resolving(zone: Zone, conf = pod) {
  const searchPath = join(tmpdir(), `resolv-${process.pid}-${files++}.conf`);
  await writeFile(searchPath, conf);
  const dns = await startNameServer(zone);
  const resolver = createResolver({ servers: [dns.address], searchPath });
  const asked = () =>
    dns.questions
      .filter((question) => question.startsWith("A "))
      .map((question) => question.slice(2));
  return { resolver, asked, [Symbol.asyncDispose]: () => dns[Symbol.asyncDispose]() };
}

const service = "receiver.shop.svc.cluster.local";
const zoneOf =
  (addresses: Record<string, string[]>): Zone =>
  (name) =>
    addresses[name] ?? "NXDOMAIN";

describe("a name is resolved as the system does", () => {
  test.each(["receiver", "receiver.shop", "receiver.shop.svc", service])(
    "so that a pod reaches a service as %s",
    async (name) => {
      await using site = await resolving(zoneOf({ [service]: ["10.96.0.7"] }));
      expect(await site.resolver.resolve(name)).toEqual(["10.96.0.7"]);
    },
  );

  test("with few dots behind the domains of the search list, with many before them", async () => {
    const conf = "search one.example two.example\n";
    await using site = await resolving(() => "NXDOMAIN", conf);
    for (const name of ["short", "with.dots"]) {
      await expect(site.resolver.resolve(name)).rejects.toMatchObject({ code: "ENOTFOUND" });
    }
    expect(site.asked()).toEqual([
      ...["short.one.example", "short.two.example", "short"],
      ...["with.dots", "with.dots.one.example", "with.dots.two.example"],
    ]);
  });

  test("and the first domain that has an address decides", async () => {
    const zone = zoneOf({ "a.one.example": [], "a.two.example": ["8.8.8.8"], a: ["9.9.9.9"] });
    await using site = await resolving(zone, "search one.example two.example\n");
    expect(await site.resolver.resolve("a")).toEqual(["8.8.8.8"]);
  });

  test("and the hosts file before all", async () => {
    await using site = await resolving(() => ["8.8.8.8"]);
    expect(await site.resolver.resolve("localhost")).not.toContain("8.8.8.8");
    expect(site.asked()).toEqual([]);
  });

  test.each([
    ["", { domains: [], ndots: 1 }],
    [
      "domain a.example\nsearch b.example  c.example. # home\n",
      { domains: ["b.example", "c.example"], ndots: 1 },
    ],
    ["search b.example\ndomain A.example\n", { domains: ["a.example"], ndots: 1 }],
    ["options rotate ndots:3 timeout:1\n", { domains: [], ndots: 3 }],
    ["options ndots:99\n; search x\n#search y\nsearch .\n", { domains: [], ndots: 15 }],
    ["nameserver 10.0.0.1\noptions ndots:-1\n", { domains: [], ndots: 1 }],
  ])("where resolv.conf says %j", (text, list) => {
    expect(parseSearchList(text)).toEqual(list);
  });
});

describe("a short name", () => {
  const rules = { requireHttps: false };

  test("is judged by its addresses, when it is saved and when it is called", async () => {
    await using target = await startRawReceiver(answer("HTTP/1.1 204 No Content\n\n"));
    await using site = await resolving(zoneOf({ [service]: ["127.0.0.1"] }));
    const { resolver } = site;
    const url = `http://receiver.shop:${target.port}/`;
    for (const [allow, outcome] of [
      [[], "REFUSED"],
      [["127.0.0.0/8"], "SUCCESS"],
    ] as const) {
      const guard = createGuard({ allow: [...allow] });
      const saved = checkTarget(guard, resolver, url, rules).catch(
        (error) => error.entries[0].code,
      );
      expect(await saved).toBe(outcome === "SUCCESS" ? url : "TARGET_REFUSED");
      await using poster = createPoster({ guard, resolver, userAgent: "x", ...rules });
      const call = { url, headers: {}, body: "{}", timeoutMs: 5_000 };
      expect(await poster.post(call)).toMatchObject({ outcome });
    }
  });

  test.each([
    ["receiver", ["8.8.8.8"], "http://receiver/"],
    ["receiver", ["10.0.0.1"], "SIGNALBOX_ALLOW_TARGETS"],
    ["receiver", ["8.8.8.8", "10.0.0.1"], "SIGNALBOX_ALLOW_TARGETS"],
    [
      "other",
      [],
      "no address here now; the operator may allow its address by SIGNALBOX_ALLOW_TARGETS",
    ],
  ])("as %s with %j is kept, or refused by name of the setting", async (name, found, expected) => {
    await using site = await resolving(zoneOf({ [service]: found }));
    const guard = createGuard({ allow: [] });
    const checked = await checkTarget(guard, site.resolver, `http://${name}/`, rules).catch(
      (error) => String(error.entries[0].message),
    );
    expect(checked).toContain(expected);
    expect(checked).not.toContain("10.0.0.1");
  });
});

describe("look-ups share the process", () => {
  test("thousands of names at once take few descriptors", async () => {
    let open = 0;
    let most = 0;
    await using site = await resolving(async () => {
      most = Math.max(most, ++open);
      await new Promise(setImmediate);
      open--;
      return ["8.8.8.8"];
    }, "");
    const count = async () => (await readdir("/proc/self/fd").catch(() => [])).length;
    const before = await count();
    let peak = before;
    const names = Array.from({ length: 2_000 }, (_, i) => `n${i}.example`);
    let done = 0;
    const all = Promise.all(names.map((name) => site.resolver.resolve(name).finally(() => done++)));
    while (done < names.length) {
      peak = Math.max(peak, await count());
      await new Promise(setImmediate);
    }
    expect((await all).every((addresses) => addresses[0] === "8.8.8.8")).toBe(true);
    expect(most).toBeLessThanOrEqual(128);
    expect(peak - before).toBeLessThan(300);
  });

  test("a project's thousand dead names hold up no other's", async () => {
    await using site = await resolving(
      (name) => (name.startsWith("dead") ? "SILENT" : ["8.8.8.8"]),
      "",
    );
    const stop = new AbortController();
    const dead = Array.from({ length: 1_000 }, (_, i) =>
      site.resolver.resolve(`dead-${i}.example`, "one", stop.signal).catch(() => {}),
    );
    let ended = 0;
    for (const each of dead) void each.then(() => ended++);
    expect(await site.resolver.resolve("live.example", "other")).toEqual(["8.8.8.8"]);
    expect(ended).toBe(0);
    stop.abort();
  });
});
