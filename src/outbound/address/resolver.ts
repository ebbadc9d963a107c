import { Resolver as DnsResolver } from "node:dns/promises";
import { createShares } from "../../util/shares.ts";
import { codeOf } from "../call/callFailure.ts";
import { shortageNow, withinOpenFiles } from "../openFiles.ts";
import { parseHosts } from "./hostsFile.ts";
import { rereadFile } from "./rereadFile.ts";
import { candidates, parseSearchList } from "./searchList.ts";

const hostsPath =
  process.platform === "win32" ? "C:\\Windows\\System32\\drivers\\etc\\hosts" : "/etc/hosts";
const searchPath = "/etc/resolv.conf";

/** Maximum number of concurrent name lookups. */
const maxAtOnce = withinOpenFiles(64, 1 / 16);

export type Resolver = {
  /**
   * Resolves all addresses of a name. Rejects with the name server's error, the signal's reason, or
   * a HubFailure. Lookups are shared fairly among holders such as projects.
   */
  resolve(name: string, holder?: string, signal?: AbortSignal): Promise<string[]>;
};

/**
 * Resolves names like the system: by the hosts file, then by c-ares with the search list. c-ares
 * makes 2 tries per query and gives up after 3 to 4 s, before a hook's default timeout of 5 s, so
 * that the error names the name server. `dns.lookup` is not used: it blocks one of libuv's four
 * threads, so four names with a silent name server would stall every delivery.
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
  const pending = new Map<string, Promise<string[]>>();

  /** The addresses of the first candidate that has any. */
  async function search(name: string): Promise<string[]> {
    const dns = channel(options.servers);
    let lastError: unknown;
    for (const candidate of candidates(name, await searchList())) {
      try {
        const found = await ask(dns, candidate);
        if (found.length > 0) return found;
      } catch (error) {
        // c-ares also reports this if it cannot open a socket.
        if (codeOf(error) === "ECONNREFUSED") throw shortageNow() ?? error;
        if (!nextCandidateCodes.includes(codeOf(error))) throw error;
        // The error of the name itself explains more than those of the longer candidates.
        lastError = candidate === name ? error : (lastError ?? error);
      }
    }
    if (lastError) throw lastError;
    return [];
  }

  return {
    async resolve(name, holder = "", signal) {
      const local = (await hosts()).get(name) ?? [];
      if (local.length > 0) return local;
      const release = pending.has(name) ? null : await shares.whenFree(holder, signal);
      const asked = pending.get(name) ?? search(name).finally(() => pending.delete(name));
      pending.set(name, asked);
      return asked.finally(release);
    },
  };
}

/** Errors after which the next candidate is tried. */
const nextCandidateCodes = ["ENOTFOUND", "ENODATA", "ESERVFAIL"];

async function ask(dns: DnsResolver, name: string): Promise<string[]> {
  const [v4, v6] = await Promise.allSettled([dns.resolve4(name), dns.resolve6(name)]);
  const found = [v4, v6].flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
  if (found.length === 0 && v4.status === "rejected") throw v4.reason;
  return found;
}

/**
 * One resolver per name, because names on one resolver affect each other: a malformed answer fails
 * all pending queries with EBADRESP, and after some fast answers c-ares waits only 250 ms, also for
 * slower names. Its sockets are closed when nothing is pending.
 */
function channel(servers?: string[]): DnsResolver {
  const dns = new DnsResolver({ timeout: 1500, maxTimeout: 1500, tries: 2 });
  if (servers) dns.setServers(servers);
  return dns;
}
