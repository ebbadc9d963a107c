import { expect, test } from "vitest";
import { testHub } from "../fixtures/hub.ts";
import { changeWorkflow, tryCreate, tryInstall } from "../fixtures/workflows.ts";

const step = { id: "s", url: "https://example.com/" };

test("what is wrong with a workflow is told by its place, and nothing is made", async () => {
  await using hub = await testHub();
  const refusals: [object, string, string, string][] = [
    [{ name: "" }, "INVALID", "name", "must not be empty"],
    [{ eventType: "" }, "INVALID", "eventType", "must not be empty"],
    [{ steps: [] }, "INVALID", "steps", "must have a minimum of 1 items"],
    [{ steps: Array(51).fill(step) }, "INVALID", "steps", "must have a maximum of 50 items"],
    [{ steps: [{ ...step, id: "1st" }] }, "INVALID", "steps.0.id", "no digit or - first"],
    [{ steps: [step, step] }, "INVALID", "steps.1.id", "must be unique"],
    [
      { steps: [{ ...step, method: "FETCH" }] },
      "INVALID",
      "steps.0.method",
      "must be one of GET, POST",
    ],
    [
      { steps: [{ ...step, retries: 21 }] },
      "INVALID",
      "steps.0.retries",
      "a whole number from 0 to 20",
    ],
    [{ steps: [{ ...step, timeoutMs: 99 }] }, "INVALID", "steps.0.timeoutMs", "from 100 to 60000"],
    [
      { steps: [{ ...step, headers: { host: "x" } }] },
      "INVALID",
      "steps.0.headers.host",
      "not yours to set",
    ],
    [
      { steps: [{ ...step, body: "x".repeat(65_536) }] },
      "INVALID",
      "steps.0.body",
      "65536 bytes (64 KiB)",
    ],
    [
      { steps: [{ ...step, url: "ftp://x.example" }] },
      "INVALID",
      "steps.0.url",
      "http or https URL",
    ],
    [
      { steps: [{ ...step, url: "http://10.0.0.1/" }] },
      "TARGET_REFUSED",
      "steps.0.url",
      "may not be called",
    ],
    [
      { steps: [{ ...step, body: { text: "Hi {{ data.name" } }] },
      ...([
        "TEMPLATE_INVALID",
        "steps.0.body.text",
        "step 's', body.text: no Liquid template: output",
      ] as const),
    ],
    [
      { steps: [{ ...step, headers: { "x-a": "{{ steps.s.status }}" } }] },
      ...(["TEMPLATE_INVALID", "steps.0.headers.x-a", "'steps.s' is no earlier step"] as const),
    ],
    [
      { steps: [step, { ...step, id: "t", url: "{{ x }}" }] },
      "TEMPLATE_INVALID",
      "steps.1.url",
      "unknown name 'x'",
    ],
  ];
  for (const [input, code, path, message] of refusals) {
    const { workflow, userErrors } = await tryCreate(hub, { steps: [step], ...input });
    expect([path, workflow, userErrors.length]).toEqual([path, null, 1]);
    expect([userErrors[0]?.code, userErrors[0]?.path.join(".")]).toEqual([code, path]);
    expect(userErrors[0]?.message).toContain(message);
  }
  const { workflow } = await tryCreate(hub, { steps: [step] });
  const taken = await tryCreate(hub, { steps: [step] });
  expect(taken.userErrors).toMatchObject([{ code: "NAME_TAKEN", path: ["name"] }]);
  await tryCreate(hub, { name: "other", steps: [step] });
  const id = workflow?.id ?? "";
  const update = (input: object) => changeWorkflow(hub, "updateWorkflow", id, input);
  expect((await update({ name: "other" })).userErrors).toMatchObject([{ code: "NAME_TAKEN" }]);
  expect((await update({ steps: [{ ...step, url: "{{" }] })).userErrors).toMatchObject([
    { code: "TEMPLATE_INVALID", path: ["steps", "0", "url"] },
  ]);
  const { workflows } = await hub.run<{ workflows: { nodes: object[] } }>(
    "{ workflows { nodes { name version } } }",
  );
  expect(workflows.nodes).toEqual([
    { name: "other", version: 1 },
    { name: "w", version: 1 },
  ]);
});

test("what is wrong with an installation is told by its place", async () => {
  await using hub = await testHub();
  const { workflow } = await tryCreate(hub, { steps: [step] });
  const refusals: [object, string, string][] = [
    [{ workflowId: "nonsense" }, "NOT_FOUND", "workflowId"],
    [{ userId: "" }, "INVALID", "userId"],
    [{ userId: "a\u0000" }, "INVALID", "userId"],
    [{ variables: "text" }, "INVALID", "variables"],
    [{ variables: [1] }, "INVALID", "variables"],
    [{ variables: { big: "x".repeat(16_384) } }, "INVALID", "variables"],
  ];
  for (const [given, code, path] of refusals) {
    const answer = await tryInstall(hub, { workflowId: workflow?.id ?? "", ...given });
    expect(answer).toMatchObject({ installation: null, userErrors: [{ code, path: [path] }] });
  }
  const bare = await tryInstall(hub, { workflowId: workflow?.id ?? "" });
  expect(bare.installation).toMatchObject({ userId: "user123", active: true, variables: {} });
});
