import { _, Ajv2020, Name } from "ajv/dist/2020.js";
import { canonicalJson } from "./canonicalJson.ts";
import { readDocument, type SchemaObject } from "./document.ts";
import { explainErrors } from "./explain/explain.ts";
import { problem, type SchemaProblem } from "./explain/problem.ts";
import { textFormat, textFormatNames } from "./formats.ts";
import { type Meter, maxSteps, openMeter, TooManySteps } from "./meter.ts";
import { compilePattern } from "./pattern.ts";
import { meterKeyword, prepareSchema } from "./prepare.ts";

export type { SchemaProblem };

/**
 * Checks a value; the problems call it `rootName` (default "data"). Reports at most 20 problems. With `steps`, throws
 * TooManySteps for a value that takes more.
 */
export type Check = (value: unknown, rootName?: string, steps?: number) => SchemaProblem[];

/**
 * Compiles a schema accepted by `canonicalSchema` into a pure check. A check takes well under a second for any data;
 * data that would take longer is reported as a problem.
 */
export function compileSchema(schema: SchemaObject): Check {
  const meter = openMeter();
  const prepared = prepareSchema(readDocument(schema));
  const validate = ajvWith(meter).compile(prepared.schema);
  return (value, rootName = "data", steps = maxSteps) => {
    meter.reset(steps);
    try {
      if (validate(value)) return [];
    } catch (error) {
      if (error instanceof TooManySteps && steps < maxSteps) throw error;
      // A RangeError: the schema's recursion overflows the stack.
      if (!(error instanceof TooManySteps || error instanceof RangeError)) throw error;
      return [problem(rootName, value, [], "takes too long to check against its schema")];
    }
    return explainErrors(validate.errors ?? [], { value, rootName, prepared });
  };
}

/** A new ajv for each schema, because an instance keeps every schema it has compiled. */
function ajvWith(meter: Meter): Ajv2020 {
  const ajv = new Ajv2020({
    strict: false,
    meta: false,
    validateSchema: false,
    logger: false,
    // Without this, ajv nests a block per keyword, and a schema of some hundred keywords overflows the stack.
    allErrors: true,
    verbose: true,
    messages: false,
    ownProperties: true,
    // Inlined references would double the generated code at every level that refers twice.
    inlineRefs: false,
    multipleOfPrecision: 6,
    code: { optimize: false, regExp: meteredRegExp(meter) },
  });
  ajv.addKeyword({
    keyword: meterKeyword,
    schemaType: "number",
    before: "$ref",
    code({ gen, data, schema }) {
      const enter = gen.scopeValue("func", { ref: meter.enter });
      gen.code(_`${enter}(${schema}, ${data}, ${new Name("errors")})`);
    },
  });
  // ajv's own check compares every item with every other.
  ajv.removeKeyword("uniqueItems");
  ajv.addKeyword({
    keyword: "uniqueItems",
    type: "array",
    schemaType: "boolean",
    error: { message: "" },
    validate: (isOn: boolean, items: unknown[]) => !isOn || areUnique(items, meter),
  });
  for (const name of textFormatNames) {
    ajv.addFormat(name, (text: string) => {
      meter.spend(text.length / 8);
      return textFormat(name)?.test(text) ?? true;
    });
  }
  return ajv;
}

function meteredRegExp(meter: Meter) {
  const regExp = (source: string) => {
    const { size, test } = compilePattern(source);
    return {
      test(text: string) {
        meter.spend((text.length * size) / 8);
        return test(text);
      },
      // ajv uses this to tell patterns apart.
      toString: () => source,
    };
  };
  return Object.assign(regExp, { code: "linear" });
}

function areUnique(items: unknown[], meter: Meter): boolean {
  const seen = new Set<string>();
  for (const item of items) {
    const text = canonicalJson(item);
    meter.spend(text.length / 8);
    if (seen.has(text)) return false;
    seen.add(text);
  }
  return true;
}
