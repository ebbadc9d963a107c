/** Limits of what makes a hook's bodies. */
export const payloadLimits = {
  templateCharacters: 20_000,
  contentTypeCharacters: 200,
  selectionCharacters: 10_000,
  selectionDepth: 16,
  selectionFields: 500,
  /** Hooks of a project with a selection: a change of a type's schema checks them all. */
  selections: 1_000,
  bodyBytes: 524_288,
  renderMs: 1_000,
} as const;
