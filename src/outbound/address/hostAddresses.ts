import { lookup } from "node:dns/promises";

/** All addresses of these hosts, as the system finds them; none of a host that is not found. */
export async function hostAddresses(hosts: string[]): Promise<string[]> {
  const found = hosts.map((host) => lookup(host, { all: true }).catch(() => []));
  return (await Promise.all(found)).flat().map(({ address }) => address);
}
