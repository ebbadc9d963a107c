import { execFile, execFileSync } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { promisify } from "node:util";

/**
 * A Linux network namespace: a host of its own, joined to this one by two links. Over the private one it reaches
 * what belongs to the installation (PostgreSQL, its name server, the API); over the public one receivers, at an
 * address that counts as public. It has no way to anywhere else.
 */
export type Namespace = AsyncDisposable & {
  /** The words before a command that is to run inside. */
  within: string[];
  /** This side of the private link, and the namespace's. */
  here: string;
  there: string;
  /** This side of the public link, and a public address there that nobody has. */
  publicHere: string;
  publicNobody: string;
  /** Makes these addresses lead to the namespace's own listeners, whoever dials them inside. */
  capture(addresses: string[]): Promise<void>;
  /** Cuts the private link: nothing is answered any more, nor refused. */
  cut(): Promise<void>;
  mend(): Promise<void>;
};

const run = promisify(execFile);
const ip = (...args: string[]) => run("ip", args);

/** Why no namespace can be made here; null when one can. */
export function cannotMakeNamespaces(): string | null {
  if (process.platform !== "linux") return "network namespaces are Linux's";
  if (process.getuid?.() !== 0) return "network namespaces can be made by root alone";
  const name = `signalbox-probe-${process.pid}`;
  try {
    execFileSync("ip", ["netns", "add", name], { stdio: "ignore" });
    execFileSync("ip", ["netns", "del", name], { stdio: "ignore" });
    return null;
  } catch {
    return "network namespaces need the command ip (iproute2) and the right to use it";
  }
}

const highest = 254;
/** Addresses of 11.0.0.0/8 are public, and nobody's website. */
const publicNet = (number: number) => `11.99.${number}`;

/** A namespace whose name is free; its number is in its addresses, so that several runs do not meet. */
async function claim(): Promise<{ number: number; name: string }> {
  const first = process.pid % highest;
  for (let step = 0; step < highest; step++) {
    const number = ((first + step) % highest) + 1;
    const name = `signalbox-${number}`;
    const { stdout } = await ip("netns", "list");
    if (new RegExp(`^${name}\\b`, "m").test(stdout)) continue;
    const isMade = await ip("netns", "add", name).then(
      () => true,
      () => false,
    );
    if (isMade) return { number, name };
  }
  throw new Error("all network namespaces of the suite are taken: see ip netns list");
}

/** Makes one; processes inside ask the name server at `here`, port 53. Gone at the end, with all that ran inside it. */
export async function startNamespace(): Promise<Namespace> {
  const { number, name } = await claim();
  const net = `10.99.${number}`;
  const here = `${net}.1`;
  const publicHere = `${publicNet(number)}.1`;
  const settings = `/etc/netns/${name}`;
  const links = { private: `sbx${number}a`, public: `sbx${number}b` };
  await using stack = new AsyncDisposableStack();
  stack.defer(async () => {
    await rm(settings, { recursive: true, force: true });
    // The kernel takes an end of a link with the other one's namespace, but in its own time.
    for (const link of Object.values(links)) await ip("link", "del", link).catch(() => {});
    await ip("netns", "del", name);
  });
  await mkdir(settings, { recursive: true });
  await writeFile(`${settings}/resolv.conf`, `nameserver ${here}\n`);
  await ip("-n", name, "link", "set", "lo", "up");
  for (const [link, inside, prefix] of [
    [links.private, "eth0", net],
    [links.public, "eth1", publicNet(number)],
  ] as const) {
    await ip("link", "add", link, "type", "veth", "peer", "name", inside, "netns", name);
    await ip("addr", "add", `${prefix}.1/24`, "dev", link);
    await ip("link", "set", link, "up");
    await ip("-n", name, "addr", "add", `${prefix}.2/24`, "dev", inside);
    await ip("-n", name, "link", "set", inside, "up");
  }
  const nobody = `${publicNet(number)}.9`;
  await ip("-n", name, "route", "add", "unreachable", nobody);
  const owned = stack.move();
  return {
    within: ["ip", "netns", "exec", name],
    here,
    there: `${net}.2`,
    publicHere,
    publicNobody: nobody,
    async capture(addresses) {
      for (const address of addresses)
        await ip("-n", name, "route", "replace", "local", address, "dev", "lo");
    },
    cut: async () => void (await ip("link", "set", links.private, "down")),
    mend: async () => void (await ip("link", "set", links.private, "up")),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
