import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { newPrivateKey, publicKeyOf } from "../../src/domain/delivery/ed25519.ts";
import { newSecret, sign, signingKey } from "../../src/domain/delivery/signature.ts";
import { program } from "../fixtures/documents.ts";
import { freePort, testWith } from "../fixtures/machine.ts";
import { folder, runProgram } from "../fixtures/scripts.ts";
import { expectTrueOnesOnly, signedHeaders } from "../fixtures/signedCalls.ts";

test("the package's way to check a signature takes a true one and no other", async () => {
  await using place = await folder();
  const { verified } = await place.load(program("receive-and-verify", "js with-package"));
  const [secret, body] = [newSecret(), '{"a":"ü"}'];
  const headers = signedHeaders([newSecret(), secret]);
  expect(verified(secret, headers, body)).toEqual({ a: "ü" });
  expect(() => verified(secret, headers, `${body} `)).toThrow();
});

test("the receiver in JavaScript takes true signatures and no others", async () => {
  const [secret, port] = [newSecret(), await freePort()];
  const code = [
    program("receive-and-verify", "js is-from-hub"),
    program("receive-and-verify", "js server"),
  ].join("\n");
  await using server = await runProgram(
    "receiver.mjs",
    code.replace("9000", String(port)),
    [process.execPath],
    { SECRET: secret },
  );
  await expectTrueOnesOnly(port, secret, server);
});

test("the receiver in JavaScript with a public key takes true signatures and no others", async () => {
  const [secret, port] = [newPrivateKey(), await freePort()];
  const code = [
    program("receive-and-verify", "js is-from-hub-by-public-key"),
    program("receive-and-verify", "js server"),
  ].join("\n");
  await using server = await runProgram(
    "receiver.mjs",
    code.replace("9000", String(port)),
    [process.execPath],
    { SECRET: publicKeyOf(secret) },
  );
  await expectTrueOnesOnly(port, secret, server, newPrivateKey());
});

testWith("openssl")("the shell's way to a signature gives the hub's", async () => {
  const secret = newSecret();
  const body = '{"a":"ü"}';
  const { PATH = "" } = process.env;
  const script = program("receive-and-verify", "sh sign");
  const { stdout } = await promisify(execFile)("sh", ["-c", script], {
    env: { PATH, SECRET: secret, ID: "msg_1", TIMESTAMP: "1700000000", BODY: body },
  });
  expect(`v1,${stdout.trim()}`).toBe(sign([signingKey(secret)], "msg_1", 1_700_000_000, body));
});
