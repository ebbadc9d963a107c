import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { unknownSettings } from "../../src/config/config.ts";
import { testWith } from "../fixtures/machine.ts";

const run = promisify(execFile);
const path = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const manifests = readdirSync(path("deploy")).filter((name) => name.endsWith(".yaml"));
const files = ["Dockerfile", ...manifests.map((name) => `deploy/${name}`)];

test.each(files)("%s sets only what is a setting of the hub", (name) => {
  const names = readFileSync(path(name), "utf8").match(/\bSIGNALBOX_[A-Z_]+/g) ?? [];
  expect(names.length).toBeGreaterThan(0);
  expect(unknownSettings(Object.fromEntries(names.map((one) => [one, "x"])))).toEqual([]);
});

testWith("hadolint")("the Dockerfile follows the rules of hadolint", async () => {
  await run("hadolint", [path("Dockerfile")]);
});

testWith("kubernetes-validate")("Kubernetes takes the manifests, field by field", async () => {
  const { stderr, stdout } = await run("kubernetes-validate", [
    "--strict",
    path("deploy/kubernetes.yaml"),
  ]);
  expect(`${stdout}${stderr}`.match(/passed for resource/g)).toHaveLength(6);
});
