import { networkInterfaces } from "node:os";
import { describe, expect, test } from "vitest";
import { createGuard } from "../../src/outbound/address/addressGuard.ts";
import { privateAddresses } from "../fixtures/privateAddresses.ts";

const refused = [...privateAddresses, "fe80::1%eth0", "not-an-ip", ""];
const allowed = [
  ...["1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.1", "172.15.255.255", "172.32.0.1"],
  ...["100.63.255.255", "100.128.0.0", "169.253.255.255", "192.167.255.255", "198.17.255.255"],
  ...["198.20.0.1", "223.255.255.255", "2606:4700:4700::1111", "2001:4860:4860::8888"],
  ...["2a00:1450:4001::1", "2003::1", "::ffff:8.8.8.8"],
];

describe("the address guard", () => {
  const guard = createGuard({ allow: [] });

  test.each(refused)("refuses '%s'", (ip) => expect(guard.allows(ip)).toBe(false));
  test.each(allowed)("allows %s", (ip) => expect(guard.allows(ip)).toBe(true));

  test("lets the operator's ranges win, for the IPv4-mapped form too", () => {
    const listing = createGuard({ allow: ["127.0.0.0/8", "::1/128"] });
    for (const ip of ["127.0.0.1", "127.9.9.9", "::ffff:127.0.0.1", "::1"]) {
      expect(listing.allows(ip)).toBe(true);
      expect(listing.isListed(ip)).toBe(true);
    }
    expect(listing.allows("10.0.0.1")).toBe(false);
    expect(listing.isListed("8.8.8.8")).toBe(false);
  });

  test("refuses addresses of its own unless the operator lists them", () => {
    expect(createGuard({ allow: [], deny: ["8.8.8.8"] }).allows("::ffff:8.8.8.8")).toBe(false);
    expect(createGuard({ allow: ["8.8.8.8/32"], deny: ["8.8.8.8"] }).allows("8.8.8.8")).toBe(true);
    for (const { address } of Object.values(networkInterfaces()).flatMap((list) => list ?? [])) {
      expect(guard.allows(address)).toBe(false);
    }
  });

  test("keeps public addresses to web ports, and listed ones to none", () => {
    expect(guard.allows("8.8.8.8", 8080)).toBe(true);
    expect(guard.allows("8.8.8.8", 22)).toBe(false);
    expect(guard.allows("8.8.8.8", 6379)).toBe(false);
    expect(createGuard({ allow: ["10.0.0.0/8"] }).allows("10.0.0.1", 22)).toBe(true);
  });

  test.each(["10.0.0.1", "10.0.0.0/33", "localhost", ""])(
    "does not start with '%s' as range",
    (cidr) => {
      expect(() => createGuard({ allow: [cidr] })).toThrow("is not a CIDR");
    },
  );
});
