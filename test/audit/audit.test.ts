import { expect, test } from "vitest";
import { lockedPackages, readLock, unjudged } from "./licences.ts";
import { readReport } from "./vulnerabilities.ts";

test("every dependency has a licence that was judged, and one that was not is named", () => {
  const lock = readLock();
  expect(lockedPackages(lock).length).toBeGreaterThan(100);
  expect(unjudged(lock)).toEqual([]);
  const more = {
    packages: {
      ...lock.packages,
      "node_modules/a/node_modules/@b/sticky": { license: "AGPL-3.0-only" },
      "node_modules/lightningcss": { license: "GPL-3.0" },
      "node_modules/nameless": {},
      "node_modules/either": { license: "(GPL-2.0 OR MIT)" },
    },
  };
  expect(
    unjudged(more)
      .map(({ name }) => name)
      .sort(),
  ).toEqual(["@b/sticky", "lightningcss", "nameless"]);
});

test("severe vulnerabilities are counted and named, and a registry without an answer is told apart from a clean one", () => {
  const vulnerabilities = { left: { severity: "critical" }, right: { severity: "low" } };
  const counts = { info: 0, low: 1, moderate: 0, high: 0, critical: 1 };
  const report = { vulnerabilities, metadata: { vulnerabilities: counts } };
  expect(readReport(JSON.stringify(report))).toEqual({
    checked: true,
    severe: 1,
    names: ["left (critical)"],
  });
  const none = { vulnerabilities: {}, metadata: { vulnerabilities: { high: 0, critical: 0 } } };
  expect(readReport(JSON.stringify(none))).toEqual({ checked: true, severe: 0, names: [] });
  const refused = { message: "405 Method Not Allowed", error: { summary: "" } };
  expect(readReport(JSON.stringify(refused))).toEqual({
    checked: false,
    why: "405 Method Not Allowed",
  });
  expect(readReport("").checked).toBe(false);
});
