/** Rows as aligned columns below their headings. */
export function columns(headings: string[], rows: string[][]): string {
  const lines = [headings, ...rows];
  const widths = headings.map((_heading, at) =>
    Math.max(...lines.map((line) => line[at]?.length ?? 0)),
  );
  return lines
    .map((line) =>
      line
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
