import { serverAudits } from "graphql-http";
import { expect, test } from "vitest";
import { testHub } from "../fixtures/hub.ts";

/**
 * That errors of a well-formed request have the status 200 for plain JSON: they have 400 for both media types, so that
 * proxies, logs and `curl --fail` see them.
 */
const knowinglyDifferent = ["572B", "FDE2", "7B9B"];

test("the audit of graphql-http finds that everything is as GraphQL over HTTP has it", async () => {
  await using hub = await testHub();
  const audits = serverAudits({
    url: `${hub.url}/graphql`,
    fetchFn: (url: string, init: RequestInit = {}) =>
      fetch(url, { ...init, headers: { ...init.headers, authorization: `Bearer ${hub.key}` } }),
  });
  const found: string[] = [];
  for (const audit of audits) {
    const result = await audit.fn();
    if (result.status === "error" || result.status === "warn") {
      found.push(`${result.status} ${audit.id}`);
    }
  }
  expect(audits.length).toBeGreaterThan(50);
  expect(found).toEqual(knowinglyDifferent.map((id) => `warn ${id}`));
});
