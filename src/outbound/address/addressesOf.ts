import { lookup } from "node:dns/promises";

/** The addresses of hosts that no hook may reach, such as the database's and its nodes'. */
export async function addressesOf(hosts: string[]): Promise<string[]> {
  const found = hosts.map((host) => lookup(host, { all: true }).catch(() => []));
  return (await Promise.all(found)).flat().map(({ address }) => address);
}
