import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { createSecretBox } from "../../src/domain/project/secretBox.ts";

const key = (id: string) => ({ id, key: randomBytes(32) });
const context = "hooks|secrets|h1|p1";

describe("a secret box", () => {
  const box = createSecretBox([key("a")]);

  test.each(["", "whsec_abc", "🎫".repeat(1000)])("opens what it sealed", (plain) => {
    const sealed = box.seal(plain, context);
    expect(sealed).toMatch(/^v1\.a\.[\w-]{16}\.[\w-]+$/);
    expect(box.open(sealed, context)).toBe(plain);
  });

  test("refuses every flipped bit, without telling the secret", () => {
    const sealed = box.seal("top secret", context);
    const [version, id, iv = "", text = ""] = sealed.split(".");
    const flips = (part: string) => {
      const bytes = Buffer.from(part, "base64url");
      return Array.from({ length: bytes.length * 8 }, (_, bit) => {
        const copy = Buffer.from(bytes);
        copy.writeUInt8(copy.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
        return copy.toString("base64url");
      });
    };
    const flipped = [
      ...flips(iv).map((other) => [version, id, other, text].join(".")),
      ...flips(text).map((other) => [version, id, iv, other].join(".")),
    ];
    expect(flipped.length).toBeGreaterThan(256);
    for (const other of flipped) {
      expect(() => box.open(other, context)).toThrow(/^(?!.*top secret).*altered/);
    }
  });

  test("refuses a secret that was moved to another place", () => {
    const places = ["hooks|secrets|h1|p2", "hooks|secrets|h2|p1", "hooks|headers|h1|p1", ""];
    const sealed = box.seal("top secret", context);
    for (const place of places) expect(() => box.open(sealed, place)).toThrow("moved");
  });

  test("refuses what is cut short or of another shape", () => {
    const sealed = box.seal("top secret", context);
    for (let length = 0; length < sealed.length; length++) {
      expect(() => box.open(sealed.slice(0, length), context)).toThrow();
    }
    for (const other of [`${sealed}.x`, sealed.replace("v1", "v2"), `${sealed}!`, "v1.a..", " "]) {
      expect(() => box.open(other, context)).toThrow();
    }
  });

  test("seals with its first key and opens with all", () => {
    const [old, young] = [key("old"), key("young")];
    const sealed = createSecretBox([old]).seal("x", context);
    const rotated = createSecretBox([young, old]);
    expect(rotated.open(sealed, context)).toBe("x");
    expect(rotated.seal("x", context)).toMatch(/^v1\.young\./);
    expect(() => createSecretBox([young]).open(sealed, context)).toThrow("not configured: old");
    expect(() => createSecretBox([key("old")]).open(sealed, context)).toThrow("another key");
  });

  test("never uses an initialisation vector twice", () => {
    const ivs = Array.from({ length: 10_000 }, () => box.seal("x", context).split(".")[2]);
    expect(new Set(ivs).size).toBe(10_000);
  });

  test("does not start without keys, or with wrong ones", () => {
    expect(() => createSecretBox([])).toThrow("needs a key");
    expect(() => createSecretBox([{ id: "a", key: randomBytes(16) }])).toThrow("16 bytes, not 32");
    expect(() => createSecretBox([key("a.b")])).toThrow("id");
    expect(() => createSecretBox([key("a"), key("a")])).toThrow("same id");
  });
});
