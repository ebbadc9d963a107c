import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { testHub } from "../fixtures/hub.ts";

const document = `{ hub {
  version publicUrl retentionDays
  limits { bodyBytes documentCost operationMs dataBytes batchEvents pageRows }
} }`;

test("a hub tells its version, its address, how long it keeps things, and what one request may hold", async () => {
  await using hub = await testHub({ retentionDays: 12 });
  const { version } = JSON.parse(
    await readFile(new URL("../../package.json", import.meta.url), "utf8"),
  );
  const { hub: info } = await hub.run<{ hub: object }>(document);
  expect(info).toEqual({
    version,
    publicUrl: hub.url,
    retentionDays: 12,
    limits: {
      bodyBytes: 4_194_304,
      documentCost: 2_000,
      operationMs: 30_000,
      dataBytes: 262_144,
      batchEvents: 1_000,
      pageRows: 100,
    },
  });
});
