import { expect, test } from "vitest";
import { compileTemplate, compileUrl } from "../../src/domain/template/template.ts";
import { TemplateFailure } from "../../src/domain/template/templateFailure.ts";
import { compileStep, type WorkflowStep } from "../../src/domain/workflow/workflowStep.ts";

const scope = {
  data: JSON.parse(
    `{"name":"I'm \\"big\\"","n":1.5,"list":[1,{"a":2}],"none":null,"yes":true,"path":"a/b?c#d é","up":"..","__proto__":{"x":1}}`,
  ),
  user: { slackUrl: "https://hooks.slack.com/services/T0/B0/x", empty: "" },
  event: { id: "e1" },
  steps: { find: { status: 200, response: { id: 7 } } },
};

const render = (text: string) => compileTemplate(text).render(scope, 1_000);
const renderUrl = (text: string) => compileUrl(text).render(scope, 1_000);

/** The message that rendering, or compiling, fails with. */
function failure(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof TemplateFailure) return error.message;
    throw error;
  }
  throw new Error("it did not fail");
}

const step: WorkflowStep = {
  id: "s",
  name: "s",
  method: "POST",
  url: "https://example.com/",
  headers: {},
  body: null,
  retries: 0,
  timeoutMs: 1_000,
};
const request = (part: Partial<WorkflowStep>) =>
  compileStep({ ...step, ...part }, ["find"]).render(scope);

test("a text that is one whole {{ … }} keeps the value's type, any other is a text", () => {
  expect(render("{{ data.n }}")).toBe(1.5);
  expect(render("{{data.list}}")).toEqual([1, { a: 2 }]);
  expect(render("{{ data.yes }}")).toBe(true);
  expect(render("{{ data.none }}")).toBe(null);
  expect(render("{{ steps.find.response }}")).toEqual({ id: 7 });
  expect(render("n={{ data.n }}")).toBe("n=1.5");
  expect(render("{{ data.list | json }}!")).toBe('[1,{"a":2}]!');
  expect(render("no template")).toBe("no template");
  expect(render("{% if data.yes %}{{ data.n }}{% endif %}")).toBe("1.5");
  expect(render("{{ user.empty }}{{ data.n }}")).toBe("1.5");
  expect(render("{% assign n = data.n %}{{ n }}")).toBe("1.5");
});

test("a missing variable fails by its name, unless a default or an if provides for it", () => {
  expect(failure(() => render("Hi {{ user.channel }}"))).toBe("undefined variable: user.channel");
  expect(failure(() => render("{{ steps.find.response.name }}"))).toBe(
    "undefined variable: steps.find.response.name",
  );
  expect(failure(() => render("{{ data.a.b }}"))).toBe("undefined variable: data.a");
  expect(render('{{ user.channel | default: "#general" }}')).toBe("#general");
  expect(render("{% if user.channel %}yes{% else %}no{% endif %}")).toBe("no");
});

test("a template reads own properties alone, never a prototype's", () => {
  for (const name of ["constructor", "toString", "hasOwnProperty", "list.map", "name.constructor"])
    expect(failure(() => render(`{{ data.${name} }}`))).toBe(`undefined variable: data.${name}`);
  expect(failure(() => render("{{ user.__proto__ }}"))).toContain("undefined variable");
  expect(render("{{ data.__proto__.x }}")).toBe(1);
});

test("nothing can be included, and an unknown filter or tag is no template", () => {
  for (const tag of ["include 'x'", "render 'x'", "layout 'x'", "block x", "nosuch"])
    expect(failure(() => compileTemplate(`{% ${tag} %}`))).toContain("not found");
  expect(failure(() => compileTemplate("{{ data.n | nosuch }}"))).toBe("undefined filter: nosuch");
  expect(failure(() => compileTemplate("{{ data.n"))).toContain("not closed");
});

test("a template that would take for ever, or all the memory, is stopped", () => {
  const loop = (inner: string) => `{% for i in (1..9000) %}${inner}{% endfor %}`;
  const endless = compileTemplate(loop(loop(loop("x"))));
  expect(failure(() => endless.render(scope, 50))).toContain("limit exceeded");
  expect(failure(() => render("{% for i in (1..1000000000) %}{% endfor %}"))).toContain("limit");
  const doubling = `{% assign a = "xx" %}${loop("{% assign a = a | append: a %}")}{{ a }}`;
  expect(failure(() => render(doubling))).toContain("memory alloc limit exceeded");
  expect(failure(() => compileTemplate(`${"x".repeat(70_000)}{{ 1 }}`))).toContain(
    "limit exceeded",
  );
  const deep = `${"{% if true %}".repeat(2_000)}x${"{% endif %}".repeat(2_000)}`;
  expect(failure(() => compileTemplate(deep).render(scope, 1_000))).toContain("stack");
});

test("what is put into a url cannot leave its place, but for what the url begins with", () => {
  expect(renderUrl("{{ user.slackUrl }}")).toBe(scope.user.slackUrl);
  expect(renderUrl(" {{ user.slackUrl }}/{{ data.path }}?q={{ data.name }} ")).toBe(
    `${scope.user.slackUrl}/a%2Fb%3Fc%23d%20%C3%A9?q=I'm%20%22big%22`,
  );
  expect(renderUrl("https://example.com/{{ data.n }}")).toBe("https://example.com/1.5");
  expect(renderUrl("https://example.com/{{ data.none }}")).toBe("https://example.com/");
  expect(failure(() => renderUrl("https://example.com/a/{{ data.up }}/b"))).toBe(
    "'..' may not be part of a url",
  );
  expect(() => request({ url: "https://{{ data.path }}/" })).toThrow("url is an absolute http");
});

test("a body is built as a value: whatever is put in, it stays that JSON", () => {
  const body = {
    text: "{{ data.name }}",
    n: 3,
    list: ["{{ data.n }}", { deep: "{{ data.list }}" }, null, false],
    "{{ key }}": "kept",
  };
  expect(JSON.parse(request({ body }).body)).toEqual({
    text: scope.data.name,
    n: 3,
    list: [1.5, { deep: [1, { a: 2 }] }, null, false],
    "{{ key }}": "kept",
  });
  expect(request({ body: null }).body).toBe("");
  expect(request({ body: "{{ data.n }}" }).body).toBe("1.5");
  expect(JSON.parse(request({ body: JSON.parse('{"__proto__":"{{ data.n }}"}') }).body)).toEqual(
    JSON.parse('{"__proto__":1.5}'),
  );
});

test("a header's value cannot become another header", () => {
  const smuggled = { ...scope, data: { name: "a\r\nx-admin: yes" } };
  const compiled = compileStep({ ...step, headers: { "x-team": "{{ data.name }}" } }, []);
  expect(() => compiled.render(smuggled)).toThrow(
    "header x-team has a value without line breaks and Latin-1 only",
  );
  expect(() => compiled.render({ ...scope, data: { name: "x".repeat(5_000) } })).toThrow(
    "at most 4096 bytes",
  );
  expect(
    request({ headers: { "x-n": "{{ data.n }}", "x-user": "{{ user.empty }}." } }),
  ).toMatchObject({ headers: { "x-n": "1.5", "x-user": "." }, secretHeaders: ["x-user"] });
});

test("a body of more than 1 MiB is not sent", () => {
  const body = Array.from({ length: 3 }, () => "{{ data.big }}");
  const big = { ...scope, data: { big: "x".repeat(400_000) } };
  expect(() => compileStep({ ...step, body }, []).render(big)).toThrow(
    "its body takes 1200010 bytes, 1048576 (1 MiB) at most",
  );
});

test("what a template cannot know is told when it is written", () => {
  const problems = (url: string) => compileStep({ ...step, url }, ["find"]).problems();
  expect(problems("{{ steps.find.response.id }}{{ data.x }}{{ user.x }}{{ event.id }}")).toEqual(
    [],
  );
  expect(problems("{% assign x = 1 %}{{ x }}{% for y in data.list %}{{ y }}{% endfor %}")).toEqual(
    [],
  );
  expect(problems("{{ ticket }}")).toEqual([
    { path: ["url"], message: "unknown name 'ticket': templates know data, user, event and steps" },
  ]);
  expect(problems("{{ steps.s.response }}")[0]?.message).toContain("'steps.s' is no earlier step");
  expect(problems("{{ data.n | plus: steps['later'].status }}")[0]?.message).toContain(
    "'steps.later' is no earlier step",
  );
  expect(problems("{{ steps.find.body }}")[0]?.message).toContain(
    "'steps.find.body' does not exist",
  );
});
