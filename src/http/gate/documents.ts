import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  Lexer,
  parse,
  Source,
  specifiedRules,
  TokenKind,
  ValuesOfCorrectTypeRule,
  validate,
} from "graphql";
import { requestError } from "../../graphql/gate/requestError.ts";
import { checkDocumentLimits } from "./documentLimits.ts";
import { limitExceeded, limits } from "./limits.ts";
import { literalPlaces } from "./literalPlaces.ts";

/** A document that may run, or why it may not. */
type ReadDocument = { document: DocumentNode } | { errors: readonly GraphQLError[] };

/** Size of the document cache in characters: about 5,000 usual documents, or 66 of the longest. */
const CACHE_CHARACTERS = 1_000_000;
const MAX_VALIDATION_ERRORS = 10;
const rules = specifiedRules.map((rule) =>
  rule === ValuesOfCorrectTypeRule ? literalPlaces : rule,
);

const withCode = (error: GraphQLError, code: string) =>
  new GraphQLError(error.message, {
    ...(error.nodes && { nodes: error.nodes }),
    ...(error.source && { source: error.source }),
    ...(error.positions && { positions: error.positions }),
    extensions: { code },
  });

const opening: ReadonlySet<string> = new Set([
  TokenKind.BRACE_L,
  TokenKind.BRACKET_L,
  TokenKind.PAREN_L,
]);
const closing: ReadonlySet<string> = new Set([
  TokenKind.BRACE_R,
  TokenKind.BRACKET_R,
  TokenKind.PAREN_R,
]);

/**
 * Checks the limits that must hold before parsing: the parser is recursive and would overflow the
 * stack.
 */
function checkTokens(text: string): GraphQLError | null {
  const lexer = new Lexer(new Source(text));
  let levels = 0;
  for (let tokens = 1; lexer.advance().kind !== TokenKind.EOF; tokens++) {
    if (tokens > limits.tokens) {
      return limitExceeded("Tokens of the document", limits.tokens, "more");
    }
    if (closing.has(lexer.token.kind)) levels--;
    else if (opening.has(lexer.token.kind) && ++levels > limits.brackets) {
      return limitExceeded("Brackets in each other", limits.brackets, "more");
    }
  }
  return null;
}

function parseDocument(text: string): DocumentNode | GraphQLError {
  try {
    return checkTokens(text) ?? parse(text);
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    return withCode(error, "GRAPHQL_PARSE_FAILED");
  }
}

function readDocument(schema: GraphQLSchema, text: string): ReadDocument {
  const document = parseDocument(text);
  if (document instanceof GraphQLError) return { errors: [document] };
  const tooMuch = checkDocumentLimits(document);
  if (tooMuch) return { errors: [tooMuch] };
  const invalid = validate(schema, document, rules, { maxErrors: MAX_VALIDATION_ERRORS });
  if (invalid.length === 0) return { document };
  return { errors: invalid.map((error) => withCode(error, "GRAPHQL_VALIDATION_FAILED")) };
}

/** Parses, limits and validates documents, with a cache. */
export function createDocuments(schema: GraphQLSchema): (text: string) => ReadDocument {
  // In order of use: the first entry is the least recently used one.
  const cache = new Map<string, ReadDocument>();
  let characters = 0;
  return (text) => {
    if (text.length > limits.characters) {
      return {
        errors: [limitExceeded("Characters of the document", limits.characters, text.length)],
      };
    }
    if (text.trim() === "") {
      return { errors: [requestError("BAD_REQUEST", "The document is empty.")] };
    }
    const known = cache.get(text);
    if (known) {
      cache.delete(text);
      cache.set(text, known);
      return known;
    }
    const read = readDocument(schema, text);
    cache.set(text, read);
    characters += text.length;
    for (const oldest of cache.keys()) {
      if (characters <= CACHE_CHARACTERS) break;
      cache.delete(oldest);
      characters -= oldest.length;
    }
    return read;
  };
}
