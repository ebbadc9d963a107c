/** A line of either text, or lines that both have and that are left out. */
export type DiffLine =
  | { kind: "same" | "removed" | "added"; text: string }
  | { kind: "skipped"; count: number };

/** Lines shown before and after a change. */
const CONTEXT = 3;
/** Texts that would need a larger table are shown as replaced as a whole. */
const MAX_CELLS = 4_000_000;

type Line = Exclude<DiffLine, { kind: "skipped" }>;
const all = (lines: string[], kind: Line["kind"]) => lines.map((text): Line => ({ kind, text }));

/** The lines of two lists in the order of their longest common subsequence. */
function merged(before: string[], after: string[]): Line[] {
  const width = after.length + 1;
  if ((before.length + 1) * width > MAX_CELLS)
    return [...all(before, "removed"), ...all(after, "added")];
  // common[i * width + j]: how many lines before[i…] and after[j…] have in common.
  const common = new Uint32Array((before.length + 1) * width);
  const at = (i: number, j: number) => common[i * width + j] ?? 0;
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      common[i * width + j] =
        before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: Line[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    const [old, now] = [before[i], after[j]];
    if (old !== undefined && old === now) {
      lines.push({ kind: "same", text: old });
      i++;
      j++;
    } else if (old !== undefined && (now === undefined || at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ kind: "removed", text: old });
      i++;
    } else if (now !== undefined) {
      lines.push({ kind: "added", text: now });
      j++;
    }
  }
  return lines;
}

/** Leaves out the lines that are far from every change. */
function folded(lines: Line[]): DiffLine[] {
  const isNear = lines.map(() => false);
  for (const [index, { kind }] of lines.entries()) {
    if (kind !== "same") isNear.fill(true, Math.max(0, index - CONTEXT), index + CONTEXT + 1);
  }
  const shown: DiffLine[] = [];
  for (const [index, line] of lines.entries()) {
    const last = shown.at(-1);
    if (isNear[index]) shown.push(line);
    else if (last?.kind === "skipped") last.count++;
    else shown.push({ kind: "skipped", count: 1 });
  }
  return shown;
}

/** How one text became another, line by line; empty if they are the same. */
export function lineDiff(before: string, after: string): DiffLine[] {
  if (before === after) return [];
  const [old, now] = [before.split("\n"), after.split("\n")];
  const least = Math.min(old.length, now.length);
  let head = 0;
  while (head < least && old[head] === now[head]) head++;
  let tail = 0;
  while (tail < least - head && old.at(-1 - tail) === now.at(-1 - tail)) tail++;
  return folded([
    ...all(old.slice(0, head), "same"),
    ...merged(old.slice(head, old.length - tail), now.slice(head, now.length - tail)),
    ...all(old.slice(old.length - tail), "same"),
  ]);
}
