import type { SchemaDocument } from "../document.ts";

/** One thing in which the new version refuses what the current one takes: which field, and how. */
export type Break = { path: string[]; sentence: string };

/** Compares the schemas of one place in the data. */
export type Compare = (before: unknown, after: unknown, path: string[]) => Break[];

/**
 * What all parts of a comparison share. `strictly` compares without the convention of `breakingChanges`: for
 * parts of a schema, which do not show what the other parts have to say about a field.
 */
export type Comparison = {
  before: SchemaDocument;
  after: SchemaDocument;
  isStrict: boolean;
  compare: Compare;
  strictly: Compare;
};
