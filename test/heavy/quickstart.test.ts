import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, test } from "vitest";
import { program } from "../fixtures/documents.ts";
import { testWith } from "../fixtures/machine.ts";
import { expectVerified } from "../fixtures/quickstart.ts";

const place = mkdtempSync(join(tmpdir(), "signalbox-quickstart-"));
afterAll(() => rmSync(place, { recursive: true, force: true }));

/** Whether a line of the page that gets a library succeeds here: it needs the language and its registry. */
function isInstalled(line: string): boolean {
  const { status } = spawnSync("sh", ["-c", line], { cwd: place, timeout: 300_000 });
  if (status !== 0) console.warn(`\n!!! The quickstart with this is NOT RUN, it failed: ${line}\n`);
  return status === 0;
}

test.runIf(isInstalled(program("quickstart", "sh python")))(
  "the quickstart in Python emits, and takes the delivery that is signed, not the changed one",
  () =>
    expectVerified({
      file: "quickstart.py",
      code: program("quickstart", "python quickstart"),
      command: [join(place, ".venv/bin/python")],
    }),
);

test.runIf(isInstalled(program("quickstart", "sh go")))(
  "the quickstart in Go emits, and takes the delivery that is signed, not the changed one",
  () =>
    expectVerified({
      file: "quickstart.go",
      code: program("quickstart", "go quickstart"),
      // Beside its go.mod.
      command: ["sh", "-c", `cp "$0" '${place}' && cd '${place}' && exec go run "$0"`],
    }),
);

testWith("java")(
  "the quickstart in Java emits, and takes the delivery that is signed, not the changed one",
  () =>
    expectVerified({
      file: "Quickstart.java",
      code: program("quickstart", "java quickstart"),
      command: ["java"],
    }),
);
