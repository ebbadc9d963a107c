import { expect, test } from "vitest";
import { parseValue, writeValue } from "../../src/domain/template/templateValue.ts";
import { compileStep, type WorkflowStep } from "../../src/domain/workflow/workflowStep.ts";
import { testHub } from "../fixtures/hub.ts";
import { sendRaw } from "../fixtures/rawGraphql.ts";
import { receiver } from "../fixtures/receiver.ts";
import { changeWorkflow, registerType } from "../fixtures/workflows.ts";

const exact = '{"b":1.10,"10":9007199254740993,"2":{"z":1e2,"1":-0,"__proto__":[1.0,"1.0"]}}';

test("an event, a user's variables, a step's own body and answers are put out as they were sent", async () => {
  await using target = await receiver((_request, response) => response.end(exact));
  await using hub = await testHub();
  await registerType(hub, "a");
  const body = `{"own":${exact},"data":"{{ data }}","id":"{{ data['10'] }}","user":"{{ user.v }}","text":"{{ data.b }} {{ user.v['10'] }}"}`;
  const made = await sendRaw(
    hub,
    `mutation ($body: JSON, $next: JSON, $url: String!) { createWorkflow(input: { name: "w", eventType: "a", steps: [
      { id: "one", url: $url, body: $body } { id: "two", url: $url, body: $next }
    ] }) { workflow { id steps { body } } } }`,
    `{"body":${body},"next":["{{ steps.one.response }}","{{ steps.one.response.b }}"],"url":"${target.url}/{{ data['10'] }}"}`,
  );
  expect(made).toContain(`"body":${body}`);
  const { id } = JSON.parse(made).data.createWorkflow.workflow;
  await changeWorkflow(hub, "releaseWorkflow", id);
  const installed = await sendRaw(
    hub,
    `mutation ($id: ID!, $variables: JSON) {
      installWorkflow(workflowId: $id, userId: "u", variables: $variables) { installation { variables } } }`,
    `{"id":"${id}","variables":{"v":${exact}}}`,
  );
  expect(installed).toContain(`"variables":{"v":${exact}}`);
  const ran = await sendRaw(
    hub,
    `mutation ($data: JSON) { runEvent(input: { event: "a", userId: "u", data: $data, waitMs: 15000 }) {
      runs { status steps { output } } } }`,
    `{"data":${exact}}`,
  );
  expect(ran).toContain('"status":"SUCCEEDED"');
  expect(ran).toContain(`"output":{"status":200,"response":${exact}}`);
  const [one, two] = target.requests;
  expect(one?.path).toBe("/9007199254740993");
  expect(one?.body).toBe(
    `{"own":${exact},"data":${exact},"id":9007199254740993,"user":${exact},"text":"1.10 9007199254740993"}`,
  );
  expect(two?.body).toBe(`[${exact},1.10]`);
});

const step: WorkflowStep = {
  ...{ id: "s", name: "s", method: "POST", url: "https://example.com/", headers: {} },
  ...{ body: null, retries: 0, timeoutMs: 1_000 },
};
const data = parseValue(
  '{"big":9007199254740993,"same":9007199254740993,"next":9007199254740992,"one":1.0,"at":1700000000.0}',
);
const rendered = (body: string) => compileStep({ ...step, body }, []).render({ data }).body;

test("templates compute with such numbers, and compare all of their digits", () => {
  const expected: [string, string][] = [
    ["{{ data.one | plus: 1 }}", "2"],
    ["{{ data.one | times: data.one | minus: data.one }}", "0"],
    ["{{ data.big | divided_by: 2 | floor }}", "4503599627370496"],
    ["{{ data.big | json }}", '"9007199254740993"'],
    ["{{ data.big | append: '!' }}", '"9007199254740993!"'],
    ["{{ data.at | date: '%Y' }}", '"2023"'],
    ["{{ data.missing | default: data.one }}", "1.0"],
    ["{% if data.big == data.same and data.big != data.next %}yes{% endif %}", '"yes"'],
    [
      "{% if data.big > data.next and data.next < data.big and data.big >= 5 %}yes{% endif %}",
      '"yes"',
    ],
    [
      "{% if data.one == 1 and 1 == data.one and data.one < 2 and 0 < data.one %}yes{% endif %}",
      '"yes"',
    ],
    ["{% if data.one == '1.0' or data.one == nil or data.one == blank %}yes{% endif %}", '""'],
    ["{% for i in (1..data.one) %}{{ i }}{% endfor %}", '"1"'],
    ["{% case data.one %}{% when 1 %}one{% endcase %}", '"one"'],
  ];
  for (const [body, text] of expected) expect([body, rendered(body)]).toEqual([body, text]);
});

test("what has nothing that JavaScript changes is written as JSON.stringify writes it", () => {
  const value = {
    a: [1, undefined, null, "\u2028\ud800"],
    b: undefined,
    c: Number.NaN,
    d: { e: true },
  };
  expect(writeValue(value)).toBe(JSON.stringify(value));
  expect(writeValue(undefined)).toBe(undefined);
});
