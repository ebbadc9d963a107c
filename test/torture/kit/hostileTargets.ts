import type { Found, Kind } from "../../fixtures/nameServer.ts";
import type { Namespace } from "./netns.ts";

const hex = (byte: number) => `0x${byte.toString(16)}`;
const octal = (byte: number) => `0${byte.toString(8)}`;
const fullWidth = (text: string) =>
  text.replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit)));
/** ⓪ stands apart from ① to ⑨. */
const circled = (text: string) =>
  text.replace(/\d/g, (digit) =>
    digit === "0" ? "⓪" : String.fromCodePoint(0x245f + Number(digit)),
  );
const percent = (text: string) =>
  [...text].map((sign) => `%${sign.charCodeAt(0).toString(16)}`).join("");

/** Hosts that browsers and resolvers take for an IPv4 address, or that a careless check takes for another one. */
function hostsOf(ip: string): string[] {
  const bytes = ip.split(".").map(Number);
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  const whole = ((a * 256 + b) * 256 + c) * 256 + d;
  const low = [(a << 8) | b, (c << 8) | d].map((part) => part.toString(16)).join(":");
  return [
    ip,
    `${ip}.`,
    String(whole),
    `0x${whole.toString(16)}`,
    `0X${whole.toString(16).toUpperCase()}`,
    `0${whole.toString(8)}`,
    bytes.map(hex).join("."),
    bytes.map(octal).join("."),
    bytes.map((byte) => `00${octal(byte)}`).join("."),
    `${a}.${b}.${c * 256 + d}`,
    `${a}.${(b * 256 + c) * 256 + d}`,
    `${hex(a)}.${octal(b)}.${c * 256 + d}`,
    fullWidth(ip),
    circled(ip),
    ip.replaceAll(".", "。"),
    ip.replaceAll(".", "．"),
    percent(ip),
    `${ip}%00.good.example`,
    `${ip}%09`,
    `[::ffff:${ip}]`,
    `[::ffff:${low}]`,
    `[0:0:0:0:0:FFFF:${low}]`,
    `[::ffff:${ip}%25eth0]`,
    `[::${ip}]`,
    `[::ffff:0:${ip}]`,
    `[64:ff9b::${ip}]`,
    `[2002:${low}::1]`,
    `good.example@${ip}`,
    `good.example:80@${ip}`,
    `good.example\\@${ip}`,
    `good.example%40${ip}`,
    `\t${ip}`,
    `${ip.slice(0, 4)}\n${ip.slice(4)}`,
    `${ip}.nip.example`,
    `www.${ip}.nip.example`,
    `${ip}#.good.example`,
  ];
}

const others = [
  ...["localhost", "LOCALHOST", "localhost.", "a.localhost", "ⓛocalhost", "loc%61lhost"],
  ...["a。localhost", "localhost.localdomain", "metadata.google.internal", "hub.local"],
  ...["0", "0x0", "00", "0.0.0.0", "127.1", "127.0.1", "[::]", "[::0]", "[::1]", "[::0001]"],
  ...["[0:0:0:0:0:0:0:1]", "[0000:0000:0000:0000:0000:0000:0000:0001]", "[::1%25lo]", "[::1%lo]"],
  ...["[fe80::1]", "[fe80::1%25eth0]", "[fec0::1]", "[fc00::1]", "[fd00:ec2::254]"],
];

/** URLs that lead to private addresses if they lead anywhere; each is another text. */
export function hostileUrls(space: Namespace, port: number): string[] {
  const ips = ["127.0.0.1", "169.254.169.254", space.there];
  const hosts = [...ips.flatMap(hostsOf), ...others];
  const odd = [`http:127.0.0.1:${port}/`, `http:///127.0.0.1:${port}/`, `//127.0.0.1:${port}/`];
  const odder = [`http:\\\\127.0.0.1:${port}/`, `ht\ttp://127.0.0.1:${port}/`];
  return [...new Set([...hosts.map((host) => `http://${host}:${port}/`), ...odd, ...odder])];
}

/** The names of the corpus: those with an address in them have it, as with nip.io. */
export function addressIn(name: string): string[] | null {
  const [ip] = /\d+\.\d+\.\d+\.\d+(?=\.nip\.example$)/.exec(name) ?? [];
  if (ip) return [ip];
  if (name === "metadata.google.internal") return ["169.254.169.254"];
  return /^localhost|^hub\.local/.test(name) ? ["127.0.0.1"] : null;
}

/** What a name that was public when its hook was saved says to its `n`th question of a kind, from 0. */
export type Rebinding = {
  name: string;
  found: (space: Namespace, n: number, kind: Kind) => Found;
};

const loopback6 = "0:0:0:0:0:0:0:1";
const mapped = "0:0:0:0:0:ffff:7f00:1";
const thousand = (ip: string) => Array.from({ length: 999 }, () => ip);

/** Public ones among them are nobody's, so that a hub that tries one after the other comes to the private one. */
export const rebindings: Rebinding[] = [
  { name: "moved", found: () => ["127.0.0.1"] },
  { name: "moved-to-metadata", found: () => ["169.254.169.254"] },
  { name: "moved-to-itself", found: ({ there }) => [there] },
  {
    name: "moved-after-the-first-try",
    found: ({ publicNobody }, n) => (n === 0 ? [publicNobody] : ["127.0.0.1"]),
  },
  {
    name: "there-and-back",
    found: ({ publicNobody }, n) => (n % 2 === 1 ? [publicNobody] : ["127.0.0.1"]),
  },
  { name: "first-public", found: ({ publicNobody }) => [publicNobody, "127.0.0.1"] },
  { name: "first-private", found: ({ publicHere }) => ["10.0.0.1", publicHere] },
  {
    name: "private-by-v6",
    found: ({ publicNobody }, _n, kind) => (kind === "A" ? [publicNobody] : [loopback6]),
  },
  {
    name: "v6-alone",
    found: (_space, _n, kind) => (kind === "A" ? "SERVFAIL" : [mapped, loopback6]),
  },
  { name: "alias-of-localhost", found: () => [{ cname: "localhost", addresses: ["127.0.0.1"] }] },
  {
    name: "alias-of-a-public-name",
    found: () => [{ cname: "good.example", addresses: ["169.254.169.254"] }],
  },
  {
    name: "last-of-a-thousand",
    found: ({ publicNobody }) => [...thousand(publicNobody), "127.0.0.1"],
  },
];
