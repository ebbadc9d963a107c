import { Resolver as DnsResolver } from "node:dns/promises";
import { createHostsFile } from "./hostsFile.ts";

const hostsPath =
  process.platform === "win32" ? "C:\\Windows\\System32\\drivers\\etc\\hosts" : "/etc/hosts";

export type Resolver = {
  /** Every address of a name; rejects with the name server's error when it has none. */
  resolve(name: string): Promise<string[]>;
};

/**
 * Resolves names by the hosts file, then by c-ares with 2 tries for a question, given up after 3 to 4 s: before the
 * 5 s that a hook has by default are over, so that its owner reads that it was the name server. Not by `dns.lookup`:
 * that blocks one of libuv's four threads, so four names with a silent server would stall every delivery.
 */
export function createResolver(options: { servers?: string[] } = {}): Resolver {
  const hosts = createHostsFile(hostsPath);

  return {
    async resolve(name) {
      const local = await hosts.addresses(name);
      if (local.length > 0) return local;
      const dns = channel(options.servers);
      const [v4, v6] = await Promise.allSettled([dns.resolve4(name), dns.resolve6(name)]);
      const found = [v4, v6].flatMap((answer) =>
        answer.status === "fulfilled" ? answer.value : [],
      );
      if (found.length === 0 && v4.status === "rejected") throw v4.reason;
      return found;
    },
  };
}

/**
 * One for each name, for they share more than a socket: a malformed answer ends every question of a channel with
 * EBADRESP, and after some quick answers c-ares is patient for 250 ms alone, with names that take longer, too.
 */
function channel(servers?: string[]): DnsResolver {
  const dns = new DnsResolver({ timeout: 1500, maxTimeout: 1500, tries: 2 });
  if (servers) dns.setServers(servers);
  return dns;
}
