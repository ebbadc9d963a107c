import type { Completion, CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import { syntaxTree } from "@codemirror/language";
import type { CodeLanguage } from "./codeLanguage.ts";
import { jsonPlace } from "./jsonPlace.ts";
import { below, type Scope } from "./scope.ts";
import { celWords, liquidFilters, liquidTags, schemaKeywords, schemaTypes } from "./words.ts";

type Result = CompletionResult | null;
type Source = (context: CompletionContext, scope: Scope) => Result;

const word = /^[A-Za-z_]\w*$/;

const optionsOf = (scope: Scope): Completion[] =>
  [...scope].map(([label, { type }]) => ({ label, detail: type, type: "property" }));

const wordsAs = (type: string, words: readonly string[]): Completion[] =>
  words.map((label) => ({ label, type }));

const result = (from: number, options: Completion[]): Result =>
  options.length === 0 ? null : { from, options, validFor: /^\w*$/ };

/** Completes a path of names with dots before the cursor; `more` where it has one name yet. */
function path(context: CompletionContext, scope: Scope, more: Completion[]): Result {
  const written = context.matchBefore(/[A-Za-z_][\w.[\]]*/);
  if (!written)
    return context.explicit ? result(context.pos, [...optionsOf(scope), ...more]) : null;
  const names = written.text.replaceAll(/\[\w*\]/g, "").split(".");
  const last = names.pop() ?? "";
  const options = optionsOf(below(scope, names)).filter(({ label }) => word.test(label));
  return result(context.pos - last.length, names.length === 0 ? [...options, ...more] : options);
}

const isInString = ({ state, pos }: CompletionContext) =>
  /string|comment/.test(syntaxTree(state).resolveInner(pos, -1).name);

const cel: Source = (context, scope) =>
  isInString(context) ? null : path(context, scope, wordsAs("keyword", celWords));

const liquid: Source = (context, scope) => {
  const before = context.state.sliceDoc(0, context.pos);
  const opened = Math.max(before.lastIndexOf("{{"), before.lastIndexOf("{%"));
  if (opened < 0 || /[}%]\}/.test(before.slice(opened + 2))) return null;
  const inside = before.slice(opened + 2);
  // An open quote.
  if (/^(?:[^"']|"[^"]*"|'[^']*')*["'][^"']*$/.test(inside)) return null;
  const filter = context.matchBefore(/\|\s*\w*/);
  if (filter) {
    const [name = ""] = /\w*$/.exec(filter.text) ?? [];
    return result(context.pos - name.length, wordsAs("function", liquidFilters));
  }
  const isTag = before[opened + 1] === "%" && /^-?\s*\w*$/.test(inside);
  return isTag
    ? result(context.pos - (/\w*$/.exec(inside)?.[0].length ?? 0), wordsAs("keyword", liquidTags))
    : path(context, scope, []);
};

const graphql: Source = (context, scope) => {
  const written = context.matchBefore(/\w*/);
  if (!context.explicit && !written?.text) return null;
  const from = written?.from ?? context.pos;
  const open: string[] = [];
  let name = "";
  for (const [token] of context.state.sliceDoc(0, from).matchAll(/\w+|[{}]/g)) {
    if (token === "{") open.push(name);
    else if (token === "}") open.pop();
    name = token;
  }
  // Outside of the braces nothing is selected.
  if (open.length === 0) return null;
  const options = optionsOf(below(scope, open.slice(1)));
  return result(
    from,
    options.filter(({ label }) => word.test(label)),
  );
};

/** The names of properties; `values` in other strings. */
const jsonOf =
  (optionsAt: (path: string[]) => Completion[], values: Completion[]): Source =>
  ({ state, pos, explicit }) => {
    const { path, from, isKey } = jsonPlace(state.sliceDoc(0, pos));
    const options = isKey ? optionsAt(path) : values;
    if ((from < 0 && !explicit) || options.length === 0) return null;
    const isClosed = state.sliceDoc(pos, pos + 1) === '"';
    const quoted = ({ label }: Completion) =>
      `${from < 0 ? '"' : ""}${label}"${isKey && !isClosed ? ": " : ""}`;
    return {
      from: from < 0 ? pos : from,
      ...(isClosed && { to: pos + 1 }),
      options: options.map((it) => ({ ...it, apply: quoted(it) })),
      validFor: /^[^"]*$/,
    };
  };

const json: Source = (context, scope) =>
  jsonOf((names) => optionsOf(below(scope, names)), [])(context, scope);

const jsonSchema = jsonOf(() => wordsAs("keyword", schemaKeywords), wordsAs("type", schemaTypes));

/** What may be written before the cursor, by language. */
export const completions: Record<CodeLanguage, Source> = {
  json,
  jsonSchema,
  // The strings of the JSON are templates.
  jsonTemplate: liquid,
  cel,
  liquid,
  graphql,
};
