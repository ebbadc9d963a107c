import { randomBytes, randomInt } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { describe, expect, test } from "vitest";
import {
  checkSecret,
  newSecret,
  secretKey,
  sign,
  signingKey,
} from "../../src/domain/delivery/signature.ts";

const now = () => Math.floor(Date.now() / 1000);
const headers = (id: string, timestamp: number, signature: string) => ({
  "webhook-id": id,
  "webhook-timestamp": String(timestamp),
  "webhook-signature": signature,
});
const verify = (secret: string, body: string, given: Record<string, string>) =>
  new Webhook(secret).verify(body, given, { jsonParse: false });

const randomBody = () => {
  const points = Array.from({ length: randomInt(200) }, () => randomInt(0x11_0000));
  return String.fromCodePoint(...points).toWellFormed();
};

describe("a signature", () => {
  test("is taken by the reference library for any body", () => {
    const secret = newSecret();
    const known = ["", "{}", "🎫", "\0", "\ufeff{}", "é".repeat(131_072)];
    for (const body of [...known, ...Array.from({ length: 1000 }, randomBody)]) {
      const at = now();
      const signature = sign([signingKey(secret)], "evt", at, body);
      expect(() => verify(secret, body, headers("evt", at, signature))).not.toThrow();
    }
  });

  test("is refused for another body, id, time or secret", () => {
    const secret = newSecret();
    const time = now();
    const signature = sign([signingKey(secret)], "evt", time, '{"a":1}');
    const refused = (other: string, body: string, given: Record<string, string>) =>
      expect(() => verify(other, body, given)).toThrow();
    refused(secret, '{"a":2}', headers("evt", time, signature));
    refused(secret, '{"a":1} ', headers("evt", time, signature));
    refused(secret, '{"a":1}', headers("evu", time, signature));
    refused(secret, '{"a":1}', headers("evt", time + 1, signature));
    refused(newSecret(), '{"a":1}', headers("evt", time, signature));
    for (let at = 3; at < signature.length - 1; at++) {
      const flipped = signature[at] === "A" ? "B" : "A";
      const tampered = signature.slice(0, at) + flipped + signature.slice(at + 1);
      if (flipped !== signature[at]) refused(secret, '{"a":1}', headers("evt", time, tampered));
    }
  });

  test("is there for each of several secrets", () => {
    const secrets = [newSecret(), newSecret(), newSecret()];
    const at = now();
    const signature = sign(secrets.map(signingKey), "evt", at, "{}");
    expect(signature).toMatch(/^v1,\S{44} v1,\S{44} v1,\S{44}$/);
    for (const secret of secrets) {
      expect(() => verify(secret, "{}", headers("evt", at, signature))).not.toThrow();
    }
  });
});

describe("a secret", () => {
  const of = (bytes: number) => `whsec_${randomBytes(bytes).toString("base64")}`;

  test("holds 32 random bytes when it is made", () => {
    expect(secretKey(newSecret())).toHaveLength(32);
    expect(newSecret()).not.toBe(newSecret());
  });

  test.each([24, 25, 32, 64])("may be given with %i bytes", (bytes) => {
    const given = of(bytes);
    expect(checkSecret(given)).toBe(given);
  });

  test.each([
    ...["", "whsec_", "secret", of(23), of(65), of(32).slice(6), `${of(32)} `, `${of(32)}\n`],
    ...[of(32).replace("whsec_", "whsk_"), of(32).replace("=", ""), `whsec_${"-_".repeat(20)}`],
  ])("is INVALID when it is %j", (given) => {
    expect(() => checkSecret(given)).toThrow("secret is whsec_ followed by the base64");
  });
});
