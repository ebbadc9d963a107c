import { StreamLanguage } from "@codemirror/language";

/** A language whose tokens need no memory: their kinds, and what each begins with. The first that fits counts. */
const byRules = (rules: readonly (readonly [kind: string, pattern: RegExp])[]) =>
  StreamLanguage.define({
    token(stream) {
      for (const [kind, pattern] of rules) if (stream.match(pattern)) return kind;
      stream.next();
      return null;
    },
  });

const string = /^[rRbB]{0,2}(?:"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?)/;
const number = /^\d+(?:\.\d+)?(?:[eE][+-]?\d+)?[uU]?/;

/** CEL: filters, and keys of order. */
export const cel = byRules([
  ["comment", /^\/\/.*/],
  ["string", string],
  ["number", number],
  ["keyword", /^(?:true|false|null|in)\b/],
  // A name that is called.
  ["keyword", /^[A-Za-z_]\w*(?=\()/],
  ["propertyName", /^[A-Za-z_]\w*/],
  ["operator", /^(?:[<>=!]=|&&|\|\||[-+*/%<>!?:])/],
]);

/** A GraphQL selection. */
export const graphqlSelection = byRules([
  ["comment", /^#.*/],
  ["string", string],
  // An alias.
  ["keyword", /^[A-Za-z_]\w*(?=\s*:)/],
  ["propertyName", /^[A-Za-z_]\w*/],
  ["bracket", /^[{}]/],
]);

type Inside = { closedBy: "}}" | "%}" | null; isFirst: boolean };

/** Text with Liquid in it. */
export const liquid = StreamLanguage.define<Inside>({
  startState: () => ({ closedBy: null, isFirst: false }),
  copyState: (state) => ({ ...state }),
  token(stream, state) {
    if (state.closedBy === null) {
      const opening = stream.match(/^\{[{%]-?/);
      if (Array.isArray(opening)) {
        state.closedBy = opening[0].startsWith("{{") ? "}}" : "%}";
        state.isFirst = state.closedBy === "%}";
        return "bracket";
      }
      stream.next();
      stream.match(/^[^{]+/);
      return null;
    }
    if (stream.eatSpace()) return null;
    if (stream.match(/^-?[%}]\}/)) {
      state.closedBy = null;
      return "bracket";
    }
    const { isFirst } = state;
    state.isFirst = false;
    if (stream.match(string)) return "string";
    if (stream.match(number)) return "number";
    if (stream.match(/^\|\s*[a-z_0-9]*/)) return "keyword";
    if (stream.match(/^(?:true|false|nil|null|and|or|in|contains|empty|blank)\b/)) return "keyword";
    if (stream.match(/^[A-Za-z_][\w-]*/)) return isFirst ? "keyword" : "propertyName";
    stream.next();
    return null;
  },
});
