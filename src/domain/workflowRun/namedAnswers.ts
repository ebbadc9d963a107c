type Answers = { [name: string]: unknown };

const isAnswers = (value: unknown): value is Answers => typeof value === "object" && value !== null;

/** Placeholder responses: every value that these variables read is its own name. */
export function namedAnswers(reads: readonly (readonly unknown[])[]): Answers {
  const answers: Answers = Object.create(null);
  for (const [root, ...path] of reads) {
    if (root !== "steps" || path.length === 0) continue;
    let at = answers;
    for (const part of path.slice(0, -1)) {
      const key = String(part);
      const known = at[key];
      const inner: Answers = isAnswers(known) ? known : Object.create(null);
      at[key] = inner;
      at = inner;
    }
    const last = String(path.at(-1));
    at[last] ??= path.length === 2 && last === "status" ? 200 : `steps.${path.join(".")}`;
  }
  return answers;
}
