import { Liquid, LiquidError, type LiquidOptions, Output, type Template } from "liquidjs";

/** A rendering failed: a variable is missing, a value does not fit, or a limit was met. The message says which. */
export class TemplateFailure extends Error {
  override name = "TemplateFailure" as const;
}

/** A text that holds Liquid, compiled. */
export type CompiledTemplate = {
  /** The variables it reads, each as its names one after the other: `["steps", "ticket", "response", "id"]`. */
  reads: readonly (readonly unknown[])[];
  /** A text; or, of a text that is one whole `{{ … }}`, its value as it is. Throws TemplateFailure. */
  render(scope: object, limitMs: number): unknown;
};

/** Characters of one template; objects and characters that one rendering may make. */
const MAX_CHARACTERS = 65_536;
const MAX_MEMORY = 1_000_000;

/** Strict, bounded, and with nothing to read but what it is given: no files, no prototypes. */
function engine(options: LiquidOptions = {}): Liquid {
  const liquid = new Liquid({
    strictVariables: true,
    strictFilters: true,
    // `default` and `if` are how a template says that something may be missing.
    lenientIf: true,
    ownPropertyOnly: true,
    parseLimit: MAX_CHARACTERS,
    memoryLimit: MAX_MEMORY,
    timezoneOffset: 0,
    locale: "en-US",
    ...options,
  });
  for (const tag of ["include", "render", "layout", "block"]) delete liquid.tags[tag];
  return liquid;
}

/** A value as part of a path or a query: it cannot end the part it stands in, nor climb out of it. */
function percentEncoded(value: unknown): string {
  const text = String(value ?? "");
  if (text === "." || text === "..")
    throw new TemplateFailure(`'${text}' may not be part of a url`);
  return encodeURIComponent(text.toWellFormed());
}

const plain = engine();
const typed = engine({ keepOutputType: true });
const encoding = engine({ outputEscape: percentEncoded });

/**
 * Whatever liquidjs throws is the template's fault, an overflow of the stack too. It wraps what was thrown first, and
 * adds the place to its own words.
 */
function failureOf(error: unknown): TemplateFailure {
  const cause = error instanceof LiquidError ? (error.originalError ?? error) : error;
  return new TemplateFailure(cause instanceof Error ? cause.message : String(cause));
}

function compile(parts: [Liquid, Template[]][]): CompiledTemplate {
  const rendered = (scope: object, renderLimit: number) =>
    parts.map(([liquid, templates]) => liquid.renderSync(templates, scope, { renderLimit }));
  return {
    reads: parts.flatMap(([liquid, templates]) => liquid.globalVariableSegmentsSync(templates)),
    render(scope, limitMs) {
      try {
        const [first, ...rest] = rendered(scope, limitMs);
        return rest.length === 0 ? first : [first, ...rest].join("");
      } catch (error) {
        throw failureOf(error);
      }
    },
  };
}

/** Compiles a text. Throws TemplateFailure for what is no Liquid. */
export function compileTemplate(text: string): CompiledTemplate {
  try {
    const templates = plain.parse(text);
    const isOneWhole = templates.length === 1 && templates[0] instanceof Output;
    return compile([isOneWhole ? [typed, typed.parse(text)] : [plain, templates]]);
  } catch (error) {
    throw failureOf(error);
  }
}

/**
 * Compiles a URL: values are percent-encoded, but for one that the URL begins with, which may bring scheme and host
 * along. Throws TemplateFailure.
 */
export function compileUrl(text: string): CompiledTemplate {
  try {
    const whole = plain.parse(text.trim());
    const rest = encoding.parse(text.trim());
    if (!(whole[0] instanceof Output)) return compile([[encoding, rest]]);
    return compile([
      [plain, whole.slice(0, 1)],
      [encoding, rest.slice(1)],
    ]);
  } catch (error) {
    throw failureOf(error);
  }
}
