import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Broken, type Counts } from "../row.ts";
import type { Kit } from "./kit.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** Runs files of the ordinary suite on the kit's server; a failed test is a broken promise. */
export async function runTests(kit: Kit, files: string[]): Promise<Counts> {
  const filter = files.map((file) => `test/${file}.test.ts`);
  const child = spawn(process.execPath, ["test/run.ts", ...filter], {
    cwd: root,
    env: { ...process.env, ...kit.patching([]), DATABASE_URL: kit.server.url, NODE_OPTIONS: "" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => {
      output += text;
    });
  }
  const [code] = await once(child, "close");
  const [, passed = "0", failed = "0"] = /(\d+) passed, (\d+) failed\D*$/m.exec(output) ?? [];
  if (Number(failed) > 0) {
    const named = output
      .match(/(?:FAIL|×) .*/g)
      ?.slice(0, 3)
      .join("; ");
    if (named === undefined) throw new Error(`the tests did not run: ${output.slice(-2_000)}`);
    throw new Broken(`${failed} of ${Number(passed) + Number(failed)} tests failed: ${named}`);
  }
  if (code !== 0 || passed === "0")
    throw new Error(`the tests did not run: ${output.slice(-2_000)}`);
  return { "tests of the suite": Number(passed) };
}
