import { readFile } from "node:fs/promises";
import { isIP } from "node:net";

const rereadAfterMs = 5000;

export type HostsFile = { addresses(name: string): Promise<string[]> };

/** The names of a hosts file, lower case, with their addresses. */
export function parseHosts(text: string): Map<string, string[]> {
  const hosts = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const [address = "", ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
    if (isIP(address) === 0) continue;
    for (const name of names.map((given) => given.toLowerCase())) {
      hosts.set(name, [...(hosts.get(name) ?? []), address]);
    }
  }
  return hosts;
}

/** A hosts file, read again when it is asked 5 s after the last reading; one that cannot be read is empty. */
export function createHostsFile(path: string): HostsFile {
  let hosts: Promise<Map<string, string[]>> | undefined;
  let readAt = 0;

  return {
    async addresses(name) {
      if (!hosts || performance.now() - readAt > rereadAfterMs) {
        readAt = performance.now();
        hosts = readFile(path, "utf8")
          .catch(() => "")
          .then(parseHosts);
      }
      return (await hosts).get(name) ?? [];
    },
  };
}
