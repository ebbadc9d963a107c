import { chromiumPath } from "../../fixtures/chromium.ts";
import type { Kit } from "../kit/kit.ts";
import { runTests } from "../kit/suite.ts";
import type { Row } from "../row.ts";

/** A row that files of the ordinary suite hold: they are run as they are, at their own sizes. */
const held = (id: Row["id"], title: string, files: string[]) => ({
  id,
  title: `${title} (tests of the ordinary suite)`,
  files,
  run: (kit: Kit) => runTests(kit, files),
});

export const suiteRows: (Row & { files: string[] })[] = [
  held("T14", "hostile receivers: drips, endless answers, bombs, resets, garbage, TLS", [
    "outbound/postHostile",
    "heavy/pressHostile",
  ]),
  held("T16", "no operation, argument or subscription crosses a project", [
    "project/tenancy",
    "project/rowSecurity",
  ]),
  held("T17", "every signature verifies with the reference library, through a rotation", [
    "hook/signature",
    "hook/hookSecrets",
    "project/signingSecret",
  ]),
  held("T18", "secrets are in no log, stream, error or table", ["process/log", "hook/hookSecrets"]),
  held("T19", "sealed secrets that were altered or moved do not open, nor with a wrong key", [
    "project/secretBox",
  ]),
  held("T22", "retries as scheduled, Retry-After within its bounds", [
    "delivery/retry",
    "delivery/retrySchedule",
  ]),
  {
    ...held("T23", "hostile texts run nowhere in the console", ["console/consoleHostile"]),
    cannotRun: () => (chromiumPath ? null : "there is no Chromium: set CHROMIUM_PATH"),
  },
  held("T24", "query bombs and forged forms are refused, over HTTP and websocket", [
    "http/limits",
    "http/http",
  ]),
  held("T25", "abused websockets are limited and closed with their code", ["http/websocket"]),
  held("T30", "wrong, revoked and foreign keys are refused, and end streams", [
    "project/keys",
    "project/roles",
    "http/socketKeys",
  ]),
];
