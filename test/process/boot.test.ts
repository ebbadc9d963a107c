import { expect, test } from "vitest";
import { freshDatabase } from "../fixtures/database.ts";
import { hubProcess, installation } from "../fixtures/process.ts";

test("a hub that listens everywhere prints an address that can be called, and names settings it does not know", async () => {
  await using database = await freshDatabase();
  const site = installation({ DATABASE_URL: database.url });
  await using hub = await hubProcess(site, { HOST: "0.0.0.0", SIGNALBOX_RETENTION_DAY: "7" });
  expect(hub.url).toMatch(/^http:\/\/localhost:\d+$/);
  expect(hub.output).not.toContain("0.0.0.0");
  expect(await hub.run("{ hub { publicUrl retentionDays } }")).toEqual({
    hub: { publicUrl: hub.url, retentionDays: 30 },
  });
  expect(hub.output).toContain(
    "SIGNALBOX_RETENTION_DAY is no setting and has no effect: is SIGNALBOX_RETENTION_DAYS meant?",
  );
});
