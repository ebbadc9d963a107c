import { UserError } from "../../util/userError.ts";
import { checkHeaders } from "../hook/hookHeaders.ts";
import { parseTarget } from "../hook/target.ts";
import { ExactNumber } from "../input/exactNumber.ts";
import { type CompiledTemplate, compileTemplate, compileUrl } from "../template/template.ts";
import { TemplateFailure } from "../template/templateFailure.ts";
import { entriesOf, objectOf, writeValue } from "../template/templateValue.ts";
import type { StepMethod } from "./stepMethods.ts";

/** A step as its author wrote it: `url`, the headers' values and every text inside `body` are templates. */
export type WorkflowStep = {
  id: string;
  name: string;
  method: StepMethod;
  url: string;
  headers: Record<string, string>;
  /** Any JSON; null sends no body. */
  body: unknown;
  retries: number;
  timeoutMs: number;
};

/** The rendered request of a step; it is the same on every attempt. */
export type StepRequest = {
  method: StepMethod;
  url: string;
  headers: Record<string, string>;
  /** Headers that contain the user's variables; their values are hidden in recorded attempts. */
  secretHeaders: string[];
  body: string;
  timeoutMs: number;
};

/** An error in a template, and where in its step. */
export type TemplateProblem = { message: string; path: string[] };

type CompiledStep = {
  /** The problems of its templates that can be found without an event. */
  problems(): TemplateProblem[];
  /** The variables that its templates read. */
  reads(): (readonly unknown[])[];
  /**
   * Throws TemplateFailure when a value is missing, or the result cannot be sent. `limitMs`: the time for all of its
   * templates together.
   */
  render(scope: object, limitMs?: number): StepRequest;
};

/**
 * Milliseconds for all the templates of a step, or of a preview, together. liquidjs checks the time between nodes; a
 * single node that takes longer is stopped by the sandbox, whose limit is 1 s.
 */
export const RENDER_LIMIT_MS = 750;
const MAX_BODY_BYTES = 1_048_576;

type Leaf = Pick<CompiledTemplate, "reads" | "render"> & { path: string[] };

/** The fields of `steps.<id>` for an earlier step. */
const outputFields = new Set<unknown>(["status", "response"]);

/**
 * The problem of a variable that a template reads, as far as it can be found without an event; null if there is none.
 */
function problemOfRead(read: readonly unknown[], earlier: readonly string[]): string | null {
  const [root, id, field] = read;
  if (root === "data" || root === "user" || root === "event") return null;
  if (root !== "steps")
    return `unknown name '${String(root)}': templates know data, user, event and steps`;
  if (typeof id === "string" && !earlier.includes(id))
    return `'steps.${id}' is no earlier step: a step knows the answers of those before it alone`;
  if (typeof field === "string" && !outputFields.has(field))
    return `'steps.${String(id)}.${field}' does not exist: an earlier step has 'status' and 'response'`;
  return null;
}

/** Compiles the templates of a step; `earlier` are the ids of the steps before it. */
export function compileStep(step: WorkflowStep, earlier: readonly string[]): CompiledStep {
  const broken: TemplateProblem[] = [];
  const leaves: Leaf[] = [];

  function leaf(path: string[], text: string, compile = compileTemplate): Leaf {
    try {
      const compiled = { ...compile(text), path };
      leaves.push(compiled);
      return compiled;
    } catch (error) {
      if (!(error instanceof TemplateFailure)) throw error;
      broken.push({ message: `no Liquid template: ${error.message}`, path });
      return { reads: () => [], render: () => "", path };
    }
  }

  type Render = (run: (leaf: Leaf) => unknown) => unknown;
  /**
   * A JSON value whose texts are templates. It is rendered as a value, not as text, so that no rendered text can break
   * its structure.
   */
  function document(value: unknown, path: string[]): Render {
    if (typeof value === "string") {
      const compiled = leaf(path, value);
      return (run) => run(compiled);
    }
    if (typeof value !== "object" || value === null || value instanceof ExactNumber)
      return () => value;
    const parts = entriesOf(value).map(
      ([key, child]) => [key, document(child, [...path, key])] as const,
    );
    if (Array.isArray(value)) return (run) => parts.map(([, part]) => part(run));
    return (run) => objectOf(parts.map(([key, part]) => [key, part(run)]));
  }

  const url = leaf(["url"], step.url, compileUrl);
  const headers = Object.entries(step.headers).map(
    ([name, value]) => [name, leaf(["headers", name], value)] as const,
  );
  const body = step.body === null ? null : document(step.body, ["body"]);
  const secretHeaders = headers.flatMap(([name, { reads }]) =>
    reads().some(([root]) => root === "user") ? [name.toLowerCase()] : [],
  );

  return {
    problems: () => [
      ...broken,
      ...leaves.flatMap(({ reads, path }) => {
        const message = reads()
          .map((read) => problemOfRead(read, earlier))
          .find(Boolean);
        return message ? [{ message, path }] : [];
      }),
    ],
    reads: () => leaves.flatMap(({ reads }) => reads()),
    render(scope, limitMs = RENDER_LIMIT_MS) {
      const endsAt = performance.now() + limitMs;
      const run = ({ render }: Leaf) => render(scope, Math.max(1, endsAt - performance.now()));
      return {
        method: step.method,
        url: sendableUrl(String(run(url) ?? "")),
        headers: sendableHeaders(
          headers.map(([name, value]) => [name, String(run(value) ?? "")] as const),
        ),
        secretHeaders,
        body: body === null ? "" : sendableBody(body(run)),
        timeoutMs: step.timeoutMs,
      };
    },
  };
}

/** Turns a UserError of a rendered request into a TemplateFailure. */
function asTemplateFailure<Result>(check: () => Result): Result {
  try {
    return check();
  } catch (error) {
    throw error instanceof UserError ? new TemplateFailure(error.message) : error;
  }
}

/** Whether the address may be called, and by http, is checked when it is called. */
function sendableUrl(url: string): string {
  asTemplateFailure(() => parseTarget(url, { requireHttps: false }));
  return url;
}

const sendableHeaders = (headers: (readonly [string, string])[]): Record<string, string> =>
  asTemplateFailure(() => checkHeaders(Object.fromEntries(headers)));

function sendableBody(value: unknown): string {
  const text = jsonOf(value);
  const bytes = Buffer.byteLength(text);
  if (bytes <= MAX_BODY_BYTES) return text;
  throw new TemplateFailure(`its body takes ${bytes} bytes, ${MAX_BODY_BYTES} (1 MiB) at most`);
}

function jsonOf(value: unknown): string {
  try {
    return writeValue(value) ?? "null";
  } catch (error) {
    // The text exceeds the longest possible string, or the value is nested deeper than the stack allows.
    throw error instanceof RangeError ? new TemplateFailure(`its body: ${error.message}`) : error;
  }
}
