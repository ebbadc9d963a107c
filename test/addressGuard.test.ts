import { networkInterfaces } from "node:os";
import { describe, expect, test } from "vitest";
import { createGuard } from "../src/outbound/addressGuard.ts";

const refused = [
  ...["127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255"],
  ...["172.16.0.1", "172.31.255.255", "192.168.0.1", "169.254.169.254", "169.254.170.2"],
  ...["100.64.0.1", "100.127.255.254", "100.100.100.200", "192.0.0.1", "192.0.0.192", "192.0.2.1"],
  ...["192.88.99.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1"],
  ...["239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1", "::127.0.0.1", "::7f00:1"],
  ...["::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:169.254.169.254", "::ffff:0:127.0.0.1"],
  ...["64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b::808:808", "64:ff9b:1::1", "100::1"],
  ...["100:0:0:1::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:2::1", "2001:10::1"],
  ...["2001:20::1", "2001:db8::1", "2002:7f00:1::1", "2002:a9fe:a9fe::1", "2002:808:808::1"],
  ...["3fff::1", "3fff:fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fd12::1", "fe80::1"],
  ...["fe80::1%eth0", "febf::1", "fec0::1", "ff02::1", "ff0e::1", "4000::1", "not-an-ip", ""],
];
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
