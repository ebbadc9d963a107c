import { chromiumPath } from "../../fixtures/chromium.ts";
import { runTests } from "../kit/suite.ts";
import type { Row } from "../row.ts";

/** A row that files of the ordinary suite hold: they are run as they are, at their own sizes. */
const held = (id: Row["id"], title: string, files: string[], only?: string): Row => ({
  id,
  title: `${title} (tests of the ordinary suite)`,
  run: (kit) => runTests(kit, files, only),
});

export const suiteRows: Row[] = [
  held("T14", "hostile receivers: drips, endless answers, bombs, resets, garbage, TLS", [
    "postHostile",
    "pressHostile",
  ]),
  held("T16", "no operation, argument or subscription crosses a project", ["tenancy"]),
  held("T17", "every signature verifies with the reference library, through a rotation", [
    "signature",
    "hookSecrets",
    "signingSecret",
  ]),
  held("T18", "secrets are in no log, stream, error or table", ["log", "hookSecrets"]),
  held("T19", "sealed secrets that were altered or moved do not open, nor with a wrong key", [
    "secretBox",
  ]),
  held("T22", "retries as scheduled, Retry-After within its bounds", ["retry", "retrySchedule"]),
  {
    ...held("T23", "hostile texts run nowhere in the console", ["consoleHostile"]),
    cannotRun: () => (chromiumPath ? null : "there is no Chromium: set CHROMIUM_PATH"),
  },
  held("T24", "query bombs and forged forms are refused, over HTTP and websocket", [
    "limits",
    "http",
  ]),
  held("T25", "abused websockets are limited and closed with their code", ["websocket"]),
  held("T30", "wrong, revoked and foreign keys are refused, and end streams", ["keys", "roles"]),
];
