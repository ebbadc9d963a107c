import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import ipaddr from "ipaddr.js";
import { isWebPort } from "../../domain/hook/target.ts";

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Range = [Address, number];

const range = (cidr: string): Range => ipaddr.parseCIDR(cidr);

/** IANA's special-purpose IPv4 blocks. None of them is a public service. */
const privateV4 = [
  ...["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"],
  ...["192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24"],
  ...["192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"],
  ...["224.0.0.0/4", "240.0.0.0/4"],
].map(range);

// Only global unicast, so that NAT64, unique local, link local, IPv4-compatible and all other
// ranges need no entry. Excluded inside it: Teredo, ORCHID, documentation, 6to4 and AS112.
const publicV6 = range("2000::/3");
const privateV6 = ["2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"].map(
  range,
);

export type AddressGuard = {
  /** Whether the hub may call `ip`, on `port` if given. */
  allows(ip: string, port?: number): boolean;
  /** Whether the operator has allowed `ip`. Private names and any port are then allowed, too. */
  isListed(ip: string): boolean;
};

/**
 * Parses an address as it would be connected: IPv4-mapped IPv6 becomes IPv4. Null if it is not an
 * address.
 */
const parse = (ip: string): Address | null => (isIP(ip) === 0 ? null : ipaddr.process(ip));

// `match` throws for the other address family.
const isIn = (address: Address, ranges: Range[]) =>
  ranges.some(([start, bits]) => start.kind() === address.kind() && address.match(start, bits));

const isPublic = (address: Address) =>
  address.kind() === "ipv4"
    ? !isIn(address, privateV4)
    : isIn(address, [publicV6]) && !isIn(address, privateV6);

function allowedRange(cidr: string): Range {
  if (!ipaddr.isValidCIDR(cidr)) {
    throw new Error(`'${cidr}' is not a CIDR such as 10.0.0.0/8 or fd00::/8`);
  }
  return range(cidr);
}

/**
 * Decides which addresses may be called: public ones on web ports, except the hub's own interfaces
 * and `deny` (such as the database's address). `allow` (CIDRs) overrides everything. Throws for an
 * invalid entry.
 */
export function createGuard(lists: { allow: string[]; deny?: string[] }): AddressGuard {
  const listed = lists.allow.map(allowedRange);
  const interfaces = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  const own = new Set<string>();
  for (const ip of [...(lists.deny ?? []), ...interfaces.map(({ address }) => address)]) {
    const address = parse(ip);
    if (!address) throw new Error(`'${ip}' is not an IP address`);
    own.add(address.toString());
  }

  return {
    allows(ip, port) {
      const address = parse(ip);
      if (!address) return false;
      if (isIn(address, listed)) return true;
      if (port !== undefined && !isWebPort(port)) return false;
      return isPublic(address) && !own.has(address.toString());
    },
    isListed(ip) {
      const address = parse(ip);
      return address !== null && isIn(address, listed);
    },
  };
}
