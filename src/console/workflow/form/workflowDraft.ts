import type { Json } from "../../gql/graphql.ts";
import { parseJson } from "../../ui/json/parseJson.ts";

/** The contents of a step's form, as typed. */
export type StepDraft = {
  /** A stable key that follows the step when it is moved. */
  key: string;
  id: string;
  name: string;
  method: string;
  url: string;
  /** `Name: value` lines. */
  headers: string;
  bodyKind: BodyKind;
  body: string;
  retries: string;
  timeoutMs: string;
};

export type WorkflowDraft = { name: string; eventType: string; steps: StepDraft[] };

export const methods = ["POST", "PUT", "PATCH", "GET", "DELETE"] as const;
export const bodyKinds = { none: "None", json: "JSON", text: "Text" } as const;
type BodyKind = keyof typeof bodyKinds;
export const isBodyKind = (text: string): text is BodyKind => Object.hasOwn(bodyKinds, text);

/** An empty step with an unused id. */
export function emptyStep(steps: StepDraft[]): StepDraft {
  let number = steps.length + 1;
  while (steps.some(({ id }) => id === `step${number}`)) number++;
  return {
    ...{ key: crypto.randomUUID(), id: `step${number}`, name: "", method: "POST", url: "" },
    ...{ headers: "", bodyKind: "json", body: '{\n  "text": "{{ event.name }}"\n}' },
    ...{ retries: "3", timeoutMs: "5000" },
  };
}

const isObject = (value: Json): value is { [name: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

type Step = {
  id: string;
  name: string;
  method: string;
  url: string;
  headers: Json;
  body: Json;
  retries: number;
  timeoutMs: number;
};

/** Converts a stored step to a draft. */
export function draftOfStep(step: Step): StepDraft {
  const { id, name, method, url, headers, body } = step;
  const lines = Object.entries(isObject(headers) ? headers : {}).map(
    ([header, value]) => `${header}: ${value}`,
  );
  return {
    ...{ key: crypto.randomUUID(), id, name: name === id ? "" : name, method, url },
    headers: lines.join("\n"),
    bodyKind: body === null ? "none" : typeof body === "string" ? "text" : "json",
    body: body === null ? "" : typeof body === "string" ? body : JSON.stringify(body, null, 2),
    retries: String(step.retries),
    timeoutMs: String(step.timeoutMs),
  };
}

function rangeProblem(text: string, min: number, max: number): string | undefined {
  const isFit = /^\d+$/.test(text) && Number(text) >= min && Number(text) <= max;
  return isFit ? undefined : `A whole number from ${min} to ${max.toLocaleString("en")}.`;
}

const linesIn = (text: string): string[] => text.split("\n").flatMap((line) => line.trim() || []);

function headersProblem(text: string): string | undefined {
  const wrong = linesIn(text).find((line) => !/^[^\s:]+:/.test(line));
  return wrong && `One "name: value" per line; "${wrong}" is not.`;
}

function bodyProblem({ bodyKind, body }: StepDraft): string | undefined {
  if (bodyKind !== "json") return undefined;
  const parsed = parseJson(body);
  return "problem" in parsed ? parsed.problem : undefined;
}

export type StepField = Exclude<keyof StepDraft, "key" | "bodyKind">;
export type StepProblems = Partial<Record<StepField, string>>;

/** Errors of a step that can be found without the server. */
export function problemsOfStep(step: StepDraft, before: StepDraft[]): StepProblems {
  const idProblem = !/^[A-Za-z_][A-Za-z0-9_-]{0,63}$/.test(step.id)
    ? "1 to 64 letters, digits, _ and -, no digit or - first."
    : before.some(({ id }) => id === step.id)
      ? "An earlier step has this id."
      : undefined;
  const found: [StepField, string | undefined][] = [
    ["id", idProblem],
    ["url", step.url.trim() === "" ? "A URL or a template of one." : undefined],
    ["headers", headersProblem(step.headers)],
    ["body", bodyProblem(step)],
    ["retries", rangeProblem(step.retries, 0, 20)],
    ["timeoutMs", rangeProblem(step.timeoutMs, 100, 60_000)],
  ];
  return Object.fromEntries(found.filter(([, problem]) => problem !== undefined));
}

function headersIn(text: string): { [name: string]: Json } {
  return Object.fromEntries(
    linesIn(text).map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    }),
  );
}

function bodyIn({ bodyKind, body }: StepDraft): Json {
  if (bodyKind === "text") return body;
  const parsed = bodyKind === "json" ? parseJson(body) : { value: null };
  return "value" in parsed ? parsed.value : null;
}

/** Converts valid steps to API input. */
export const inputOfSteps = (steps: StepDraft[]) =>
  steps.map((step) => ({
    id: step.id,
    name: step.name.trim() || null,
    method: step.method,
    url: step.url.trim(),
    headers: headersIn(step.headers),
    body: bodyIn(step),
    retries: Number(step.retries),
    timeoutMs: Number(step.timeoutMs),
  }));
