import { expect, test } from "vitest";
import { createWithKey } from "../../src/domain/project/createWithKey.ts";
import { newId } from "../../src/util/ids.ts";
import { freshDatabase } from "../fixtures/database.ts";

test("a repeated request that fails leaves the key to the first one, which still runs", async () => {
  await using database = await freshDatabase();
  const given = { projectId: newId(), key: "k", place: "here", body: Buffer.from("a") };
  const other = { ...given, body: Buffer.from("b") };
  const nothing = async () => undefined;
  const [begun, made] = [Promise.withResolvers<void>(), Promise.withResolvers<string>()];
  const first = createWithKey(database.db, given, nothing, () => {
    begun.resolve();
    return made.promise;
  });
  await begun.promise;
  const failing = () => Promise.reject(new Error("the network is away"));
  await expect(createWithKey(database.db, given, nothing, failing)).rejects.toThrow("the network");
  const withOther = () => createWithKey(database.db, other, nothing, async () => "other");
  await expect(withOther()).rejects.toThrow("idempotency key 'k' was used before");
  made.reject(new Error("the target is away"));
  await expect(first).rejects.toThrow("the target is away");
  expect(await withOther()).toBe("other");
});
