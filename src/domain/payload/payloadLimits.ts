/** Limits of what makes a hook's bodies. */
export const payloadLimits = {
  templateCharacters: 20_000,
  contentTypeCharacters: 200,
  bodyBytes: 524_288,
  renderMs: 1_000,
} as const;
