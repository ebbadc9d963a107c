import { afterAll, beforeAll, expect, test } from "vitest";
import { secretKey } from "../../src/domain/delivery/signature.ts";
import { createProject } from "../../src/domain/project/project.ts";
import { createSecretBox, type SecretBox } from "../../src/domain/project/secretBox.ts";
import { openSigningKeys } from "../../src/domain/project/signingSecret.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";

let hub: TestHub;
let box: SecretBox;
beforeAll(async () => {
  hub = await testHub({ roles: { api: true, worker: false } });
  box = createSecretBox(hub.settings.secretKeys ?? []);
});
afterAll(() => hub[Symbol.asyncDispose]());

type Answer = { secret: string | null; userErrors: { code: string; path: string[] }[] };
const rotate = async (key: string, hours?: number) => {
  const { rotateSigningSecret } = await hub.run<{ rotateSigningSecret: Answer }>(
    `mutation ($hours: Int) {
      rotateSigningSecret(overlapHours: $hours) { secret userErrors { code path } }
    }`,
    hours === undefined ? {} : { hours },
    key,
  );
  return rotateSigningSecret;
};

const newProject = async () => {
  const { project, key } = await createProject(hub.db.sql, "Signs");
  const keys = async () => {
    const opened = await openSigningKeys({ sql: hub.db.sql, box }, project.id);
    return opened.map((each) => each.export().toString("base64"));
  };
  return { id: project.id, key, keys };
};
const keyIn = (secret: string | null) => secretKey(secret ?? "").toString("base64");

test("a project has a secret from the first time it is needed, the same for all who ask at once", async () => {
  const { keys } = await newProject();
  const asked = await Promise.all([keys(), keys(), keys()]);
  expect(asked[0]).toHaveLength(1);
  expect(Buffer.from(asked[0]?.[0] ?? "", "base64")).toHaveLength(32);
  expect(new Set(asked.flat()).size).toBe(1);
  expect(await keys()).toEqual(asked[0]);
});

test("a new secret is shown once and signs first; the old ones sign beside it as long as is asked, at most four", async () => {
  const { key, keys } = await newProject();
  const [first = ""] = await keys();
  const second = await rotate(key);
  expect(second).toMatchObject({ secret: expect.stringMatching(/^whsec_.{44}$/), userErrors: [] });
  expect(await keys()).toEqual([keyIn(second.secret), first]);
  const shown = [];
  for (let count = 0; count < 5; count++) shown.unshift((await rotate(key, 168)).secret);
  expect(await keys()).toEqual(shown.map(keyIn));
  const alone = await rotate(key, 0);
  expect(await keys()).toEqual([keyIn(alone.secret)]);
});

test("the overlap is 0 to 168 hours", async () => {
  const { key, keys } = await newProject();
  const before = await keys();
  for (const hours of [-1, 169]) {
    expect(await rotate(key, hours)).toEqual({
      secret: null,
      userErrors: [{ code: "INVALID", path: ["overlapHours"] }],
    });
  }
  expect(await keys()).toEqual(before);
});

test("it is sealed at rest, for its own project alone", async () => {
  const [one, other] = [await newProject(), await newProject()];
  const { secret } = await rotate(one.key);
  await other.keys();
  const [row] = await hub.db.sql<{ text: string }[]>`
    select string_agg(p::text, ' ') as text from signalbox.projects p`;
  expect(row?.text).not.toContain(secret?.slice("whsec_".length));
  await hub.db.sql`update signalbox.projects set signing_secrets = (
    select signing_secrets from signalbox.projects where id = ${one.id}) where id = ${other.id}`;
  await expect(other.keys()).rejects.toThrow("altered, moved");
  expect(await one.keys()).toEqual([keyIn(secret)]);
});
