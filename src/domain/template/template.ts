import { isDeepStrictEqual } from "node:util";
import { Liquid, LiquidError, type LiquidOptions, Output, type Template } from "liquidjs";
import { LRUCache } from "lru-cache";
import { plainNumber, unmarked } from "../input/exactNumber.ts";
import { TemplateFailure } from "./templateFailure.ts";
import { isPlain } from "./templateMarks.ts";
import { writeValue } from "./templateValue.ts";

/** A compiled text with Liquid. */
export type CompiledTemplate = {
  /**
   * The variables it reads, each as a path: `["steps", "ticket", "response", "id"]`. Finding them takes longer than
   * compiling: quadratic time in their number.
   */
  reads(): readonly (readonly unknown[])[];
  /** Where it reads a variable first, as at the end of a message; empty if it does not. */
  placeOf(path: readonly unknown[]): string;
  /** The rendered text; for a text that is exactly one `{{ … }}`, its value unconverted. Throws TemplateFailure. */
  render(scope: object, limitMs: number): unknown;
};

/** Characters of one template; objects and characters that one rendering may create. */
const MAX_CHARACTERS = 65_536;
const MAX_MEMORY = 1_000_000;

/** Filters that test whether a value is a number; all others accept anything that converts to one. */
const dateFilters = [
  "date",
  "date_to_xmlschema",
  "date_to_rfc822",
  "date_to_string",
  "date_to_long_string",
];

function takePlainNumbers(liquid: Liquid, name: string) {
  const filter = liquid.filters[name];
  if (typeof filter !== "function") return;
  liquid.registerFilter(name, function (value: unknown, ...rest: unknown[]) {
    return filter.call(this, plainNumber(value), ...rest);
  });
}

/** Filters that write a value as JSON. */
const jsonFilters = ["json", "inspect"];

function writeExactNumbers(liquid: Liquid, name: string) {
  const filter = liquid.filters[name];
  if (typeof filter !== "function") return;
  liquid.registerFilter(name, function (...given) {
    const json: unknown = filter.apply(this, given);
    return typeof json === "string" ? unmarked(json) : json;
  });
}

/** Strict, bounded, and isolated from everything but its input: no files, no prototypes. */
function engine(options: LiquidOptions = {}): Liquid {
  const liquid = new Liquid({
    strictVariables: true,
    strictFilters: true,
    // `default` and `if` let a template say that a value may be missing.
    lenientIf: true,
    ownPropertyOnly: true,
    parseLimit: MAX_CHARACTERS,
    memoryLimit: MAX_MEMORY,
    timezoneOffset: 0,
    locale: "en-US",
    ...options,
  });
  for (const tag of ["include", "render", "layout", "block"]) delete liquid.tags[tag];
  for (const name of dateFilters) takePlainNumbers(liquid, name);
  for (const name of jsonFilters) writeExactNumbers(liquid, name);
  return liquid;
}

/** A value as part of a path or a query: it can neither end nor leave its part. */
function percentEncoded(value: unknown): string {
  const text = String(value ?? "");
  if (text === "." || text === "..")
    throw new TemplateFailure(`'${text}' may not be part of a url`);
  return encodeURIComponent(text.toWellFormed());
}

const plain = engine();
const typed = engine({ keepOutputType: true });
const encoding = engine({ outputEscape: percentEncoded });
/** Objects and lists are written as JSON. */
const writing = engine({
  outputEscape: (value) =>
    typeof value === "object" && value !== null ? writeValue(value) : value,
});

/**
 * Everything that liquidjs throws is the template's fault, even a stack overflow. liquidjs wraps the original error and
 * adds the position to its message.
 */
function failureOf(error: unknown): TemplateFailure {
  const cause = error instanceof LiquidError ? (error.originalError ?? error) : error;
  if (cause instanceof RangeError && cause.message === "Invalid string length")
    return new TemplateFailure("memory limit exceeded: a text became too long");
  return new TemplateFailure(cause instanceof Error ? cause.message : String(cause));
}

/** The same, with the place in the text. */
function placedFailureOf(error: unknown): TemplateFailure {
  const { message } = failureOf(error);
  if (!LiquidError.is(error)) return new TemplateFailure(message);
  const [line, column] = error.token.getPosition();
  const said = message.replace(/, line:\d+, col:\d+$/, "");
  return new TemplateFailure(`${said} (line ${line}, column ${column})`);
}

/** The memory of a template, per character [measured: 65 to 93 bytes]. */
const TEMPLATE_BYTES = 100;
const compiled = new LRUCache<string, CompiledTemplate>({
  maxSize: 16_000_000,
  sizeCalculation: (_template, text) => text.length * TEMPLATE_BYTES + 1_000,
});

function compile(
  text: string,
  parts: [Liquid, Template[]][],
  toFailure = failureOf,
): CompiledTemplate {
  const rendered = (scope: object, renderLimit: number) =>
    parts.map(([liquid, templates]) => liquid.renderSync(templates, scope, { renderLimit }));
  const template: CompiledTemplate = {
    reads: () =>
      parts.flatMap(([liquid, templates]) => liquid.globalVariableSegmentsSync(templates)),
    placeOf: (path) => {
      const all = parts.flatMap(([liquid, templates]) =>
        Object.values(liquid.analyzeSync(templates).globals).flat(),
      );
      const found = all.find((variable) => isDeepStrictEqual(variable.toArray(), path));
      return found ? ` (line ${found.location.row}, column ${found.location.col})` : "";
    },
    render(scope, limitMs) {
      try {
        const [first, ...rest] = rendered(scope, limitMs);
        return rest.length === 0 ? first : [first, ...rest].join("");
      } catch (error) {
        throw toFailure(error);
      }
    },
  };
  compiled.set(text, template);
  return template;
}

const plainText = (text: string): CompiledTemplate => ({
  reads: () => [],
  placeOf: () => "",
  render: () => text,
});

/** Compiles a text. Throws TemplateFailure when it is not valid Liquid. */
export function compileTemplate(text: string): CompiledTemplate {
  if (isPlain(text)) return plainText(text);
  const known = compiled.get(`text ${text}`);
  if (known) return known;
  try {
    const templates = plain.parse(text);
    const isOneWhole = templates.length === 1 && templates[0] instanceof Output;
    return compile(`text ${text}`, [[isOneWhole ? typed : plain, templates]]);
  } catch (error) {
    throw failureOf(error);
  }
}

/** Compiles a document: it is always rendered to a text, and failures name their place. Throws TemplateFailure. */
export function compileDocument(text: string): CompiledTemplate {
  if (isPlain(text)) return plainText(text);
  const key = `document ${text}`;
  const known = compiled.get(key);
  if (known) return known;
  try {
    return compile(key, [[writing, writing.parse(text)]], placedFailureOf);
  } catch (error) {
    throw placedFailureOf(error);
  }
}

/**
 * Compiles a URL. Values are percent-encoded, except for one at the beginning, which may hold scheme and host. Throws
 * TemplateFailure.
 */
export function compileUrl(given: string): CompiledTemplate {
  const text = given.trim();
  if (isPlain(text)) return plainText(text);
  const known = compiled.get(`url ${text}`);
  if (known) return known;
  try {
    const whole = plain.parse(text);
    const rest = encoding.parse(text);
    if (!(whole[0] instanceof Output)) return compile(`url ${text}`, [[encoding, rest]]);
    return compile(`url ${text}`, [
      [plain, whole.slice(0, 1)],
      [encoding, rest.slice(1)],
    ]);
  } catch (error) {
    throw failureOf(error);
  }
}
