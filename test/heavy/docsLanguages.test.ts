import { spawnSync } from "node:child_process";
import { test } from "vitest";
import { newPrivateKey, publicKeyOf } from "../../src/domain/delivery/ed25519.ts";
import { newSecret } from "../../src/domain/delivery/signature.ts";
import { program } from "../fixtures/documents.ts";
import { expectGivesUp, expectNoGap } from "../fixtures/followed.ts";
import { freePort, testWith } from "../fixtures/machine.ts";
import { runProgram } from "../fixtures/scripts.ts";
import { expectTrueOnesOnly } from "../fixtures/signedCalls.ts";

/** Rack, as small as it is: calls the application of config.ru for each request. */
const rack = `
require "socket"
require "stringio"
$app = nil
def run(app) = $app = app
load "./config.ru"
$stdout.sync = true
server = TCPServer.new("127.0.0.1", Integer(ENV.fetch("PORT")))
loop do
  socket = server.accept
  socket.gets or next socket.close
  env = {}
  while (line = socket.gets.chomp) != ""
    name, value = line.split(": ", 2)
    env["HTTP_" + name.upcase.tr("-", "_")] = value
  end
  env["rack.input"] = StringIO.new(socket.read(Integer(env["HTTP_CONTENT_LENGTH"] || 0)).force_encoding("UTF-8"))
  status, = $app.call(env)
  socket.write("HTTP/1.1 #{status} x\\r\\ncontent-length: 0\\r\\nconnection: close\\r\\n\\r\\n")
  socket.close
end
`;

const languages = [
  {
    language: "Python",
    tool: "python3",
    receiver: { file: "receiver.py", code: program("receive-and-verify", "python receiver") },
    follower: { file: "follow.py", code: program("graphql-clients", "python follow") },
    command: ["python3"],
  },
  {
    language: "Go",
    tool: "go",
    receiver: { file: "receiver.go", code: program("receive-and-verify", "go receiver") },
    follower: { file: "follow.go", code: program("graphql-clients", "go follow") },
    command: ["go", "run"],
  },
  {
    language: "Java",
    tool: "java",
    receiver: { file: "Receiver.java", code: program("receive-and-verify", "java receiver") },
    follower: { file: "Follow.java", code: program("graphql-clients", "java follow") },
    command: ["java"],
  },
];

for (const { language, tool, receiver, follower, command } of languages) {
  testWith(tool)(`the receiver in ${language} takes true signatures and no others`, async () => {
    const [secret, port] = [newSecret(), await freePort()];
    const code = receiver.code.replace("9000", String(port));
    await using server = await runProgram(receiver.file, code, command, { SECRET: secret });
    await expectTrueOnesOnly(port, secret, server);
  });

  testWith(tool)(
    `the program in ${language} follows events without a gap when the hub is killed`,
    () => expectNoGap({ ...follower, command }),
  );

  testWith(tool)(
    `the program in ${language} gives up on a wrong key, and on one that is revoked`,
    () => expectGivesUp({ ...follower, command }),
  );
}

const hasCryptography =
  spawnSync("python3", ["-c", "import cryptography"], { stdio: "ignore" }).status === 0;
if (!hasCryptography) console.warn("\n!!! No Python with cryptography here: NOT RUN.\n");

test.skipIf(!hasCryptography)(
  "the receiver in Python with a public key takes true signatures and no others",
  async () => {
    const [secret, port] = [newPrivateKey(), await freePort()];
    const byPublicKey = program("receive-and-verify", "python is-from-hub-by-public-key");
    const code = program("receive-and-verify", "python receiver")
      .replace(/def is_from_hub.*?(?=\nclass )/s, () => `${byPublicKey}\n`)
      .replace("9000", String(port));
    await using server = await runProgram("receiver.py", code, ["python3"], {
      SECRET: publicKeyOf(secret),
    });
    await expectTrueOnesOnly(port, secret, server, newPrivateKey());
  },
);

testWith("ruby")("the receiver in Ruby takes true signatures and no others", async () => {
  const [secret, port] = [newSecret(), await freePort()];
  const code = program("receive-and-verify", "ruby receiver");
  await using server = await runProgram("config.ru", code, ["ruby", "-e", rack], {
    SECRET: secret,
    PORT: String(port),
  });
  await expectTrueOnesOnly(port, secret, server);
});
