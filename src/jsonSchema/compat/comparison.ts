import type { SchemaDocument } from "../document.ts";

/** One breaking change: the field, and how the new version rejects what the current one accepts. */
export type Break = { path: string[]; sentence: string };

/** Compares the schemas of one place in the data. */
export type Compare = (before: unknown, after: unknown, path: string[]) => Break[];

/**
 * The state of a comparison. `strictly` compares without the convention of `breakingChanges`; it is for parts of a
 * schema, which do not show what other parts require of a field.
 */
export type Comparison = {
  before: SchemaDocument;
  after: SchemaDocument;
  isStrict: boolean;
  compare: Compare;
  strictly: Compare;
};
