import { Resolver as DnsResolver } from "node:dns/promises";
import { createShares } from "../../util/shares.ts";
import { shortageNow, withinOpenFiles } from "../openFiles.ts";
import { parseHosts } from "./hostsFile.ts";
import { rereadFile } from "./rereadFile.ts";
import { candidates, parseSearchList } from "./searchList.ts";

const hostsPath =
  process.platform === "win32" ? "C:\\Windows\\System32\\drivers\\etc\\hosts" : "/etc/hosts";
const searchPath = "/etc/resolv.conf";

/** Names that are looked up at the same time. */
const maxAtOnce = withinOpenFiles(64, 1 / 16);

export type Resolver = {
  /**
   * Every address of a name; rejects with the name server's error when it has none, with the signal's reason, or with
   * a HubFailure. `holder`, such as a project, has its turn among others, however many names it asks for.
   */
  resolve(name: string, holder?: string, signal?: AbortSignal): Promise<string[]>;
};

/**
 * Resolves names as the system does: by the hosts file, then by c-ares with the search list, with 2 tries for a
 * question, given up after 3 to 4 s: before the 5 s that a hook has by default are over, so that its owner reads that it
 * was the name server. Not by `dns.lookup`: that blocks one of libuv's four threads, so four names with a silent server
 * would stall every delivery.
 */
export function createResolver(
  options: { servers?: string[]; searchPath?: string } = {},
): Resolver {
  const hosts = rereadFile(hostsPath, parseHosts);
  const searchList = rereadFile(options.searchPath ?? searchPath, parseSearchList);
  const shares = createShares({
    what: "names looked up",
    total: maxAtOnce,
    waiting: Number.POSITIVE_INFINITY,
  });
  const underWay = new Map<string, Promise<string[]>>();

  /** The addresses of the first candidate that has some. */
  async function search(name: string): Promise<string[]> {
    const dns = channel(options.servers);
    let lack: unknown;
    for (const candidate of candidates(name, await searchList())) {
      try {
        const found = await ask(dns, candidate);
        if (found.length > 0) return found;
      } catch (error) {
        // Also what c-ares says when it may not open a socket.
        if (codeOf(error) === "ECONNREFUSED") throw shortageNow() ?? error;
        if (!lacks.includes(codeOf(error))) throw error;
        // What is said of the name itself is the better reason.
        lack = candidate === name ? error : (lack ?? error);
      }
    }
    if (lack) throw lack;
    return [];
  }

  return {
    async resolve(name, holder = "", signal) {
      const local = (await hosts()).get(name) ?? [];
      if (local.length > 0) return local;
      const release = underWay.has(name) ? null : await shares.whenFree(holder, signal);
      const asked = underWay.get(name) ?? search(name).finally(() => underWay.delete(name));
      underWay.set(name, asked);
      return asked.finally(release);
    },
  };
}

/** What lets the next candidate be asked for. */
const lacks = ["ENOTFOUND", "ENODATA", "ESERVFAIL"];
const codeOf = (error: unknown) =>
  error instanceof Error && "code" in error ? String(error.code) : "";

async function ask(dns: DnsResolver, name: string): Promise<string[]> {
  const [v4, v6] = await Promise.allSettled([dns.resolve4(name), dns.resolve6(name)]);
  const found = [v4, v6].flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
  if (found.length === 0 && v4.status === "rejected") throw v4.reason;
  return found;
}

/**
 * One for each name, for they share more than a socket: a malformed answer ends every question of a channel with
 * EBADRESP, and after some quick answers c-ares is patient for 250 ms alone, with names that take longer, too. Its
 * sockets are closed as soon as nothing is asked.
 */
function channel(servers?: string[]): DnsResolver {
  const dns = new DnsResolver({ timeout: 1500, maxTimeout: 1500, tries: 2 });
  if (servers) dns.setServers(servers);
  return dns;
}
