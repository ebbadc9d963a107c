import { expect, test } from "vitest";
import { receiver } from "../fixtures/receiver.ts";
import {
  changeWorkflow,
  ended,
  install,
  onlyRun,
  rerun,
  runEvent,
  runOf,
  uninstall,
  workflowHub,
} from "../fixtures/workflows.ts";

test("a rerun is a new run of the same event, and counts in the old one's place", async () => {
  await using target = await receiver();
  await using site = await workflowHub([{ id: "s", url: "{{ user.url }}" }]);
  const failed = await onlyRun(site.hub);
  expect(failed.status).toBe("FAILED");
  await install(site.hub, site.workflowId, { url: `${target.url}/now` });
  await changeWorkflow(site.hub, "updateWorkflow", site.workflowId, {
    steps: [{ id: "other", url: `${target.url}/other` }],
  });
  const { run, userErrors } = await rerun(site.hub, failed.id);
  expect(userErrors).toEqual([]);
  expect(run).toMatchObject({ version: 1, event: failed.event, rerunOf: { id: failed.id } });
  expect(await ended(site.hub, run?.id ?? "")).toMatchObject({ status: "SUCCEEDED" });
  expect(target.requests.map(({ path }) => path)).toEqual(["/now"]);
  expect((await runOf(site.hub, failed.id)).status).toBe("FAILED");
  const { event } = await site.hub.run<{ event: object }>(
    "query ($id: ID!) { event(id: $id) { status runs { nodes { id } } } }",
    failed.event,
  );
  expect(event).toEqual({
    status: "PROCESSED",
    runs: { nodes: [{ id: run?.id }, { id: failed.id }] },
  });
});

test("a rerun is refused while a run is under way, when the workflow is paused, or nothing is installed", async () => {
  await using target = await receiver((_request, response) => answers.push(() => response.end()));
  const answers: (() => void)[] = [];
  await using site = await workflowHub([{ id: "s", url: target.url }]);
  const { runs } = await runEvent(site.hub, { waitMs: 0 });
  const id = runs[0]?.id ?? "";
  const refused = async (why: string) => {
    const { run, userErrors } = await rerun(site.hub, id);
    expect(run).toBeNull();
    expect(userErrors).toMatchObject([{ code: "NOT_ALLOWED_NOW", path: ["runId"] }]);
    expect(userErrors[0]?.message).toContain(why);
  };
  await expect.poll(() => answers.length).toBe(1);
  await refused("RUNNING: wait for its end");
  for (const answer of answers) answer();
  const { steps } = await ended(site.hub, id);
  await changeWorkflow(site.hub, "pauseWorkflow", site.workflowId);
  await refused("is PAUSED: release it first");
  await changeWorkflow(site.hub, "releaseWorkflow", site.workflowId);
  await uninstall(site.hub, site.workflowId);
  await refused("is not installed for user 'user123' any more");
  expect((await rerun(site.hub, "nonsense")).userErrors).toMatchObject([
    { code: "NOT_FOUND", path: ["runId"] },
  ]);
  const { retryDelivery } = await site.hub.run<{ retryDelivery: object }>(
    "mutation ($id: ID!) { retryDelivery(id: $id) { delivery { id } userErrors { code message } } }",
    steps[0]?.delivery ?? {},
  );
  expect(retryDelivery).toEqual({
    delivery: null,
    userErrors: [
      { code: "NOT_ALLOWED_NOW", message: expect.stringContaining("use rerunWorkflow") },
    ],
  });
});
