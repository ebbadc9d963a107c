const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** `[` and `{` differ in this bit alone, and so do `]` and `}`. */
const CURLY = 0x20;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/** Visits the brackets of JSON text outside of its strings, until the visitor says no. */
function forEachBracket(text: Buffer, visit: (isOpening: boolean, at: number) => boolean): void {
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const byte = text[i] ?? 0;
    if (quoted) {
      if (byte === BACKSLASH) i++;
      else if (byte === QUOTE) quoted = false;
    } else if (byte === QUOTE) quoted = true;
    else {
      const bracket = byte | CURLY;
      if ((bracket === OPEN || bracket === CLOSE) && !visit(bracket === OPEN, i)) return;
    }
  }
}

/** Whether JSON text nests deeper than this: found in a pass, where parsing deep text takes long. */
export function nestsDeeper(text: Buffer, levels: number): boolean {
  let depth = 0;
  let isDeeper = false;
  forEachBracket(text, (isOpening) => {
    depth += isOpening ? 1 : -1;
    isDeeper ||= depth > levels;
    return !isDeeper;
  });
  return isDeeper;
}

/** An object's JSON text with an empty list for each list and object in it: quick to parse, however deep it nests. */
export function withoutNested(text: Buffer): string {
  const kept: Buffer[] = [];
  let depth = 0;
  let from = 0;
  forEachBracket(text, (isOpening, at) => {
    depth += isOpening ? 1 : -1;
    if (isOpening && depth === 2) kept.push(text.subarray(from, at), Buffer.from("[]"));
    if (!isOpening && depth === 1) from = at + 1;
    return true;
  });
  return Buffer.concat([...kept, text.subarray(from)]).toString();
}
