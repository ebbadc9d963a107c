const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** `[` and `{` differ in this bit alone, and so do `]` and `}`. */
const CURLY = 0x20;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/** Whether JSON text nests deeper than this: found in a pass, where parsing deep text takes long. */
export function nestsDeeper(text: Buffer, levels: number): boolean {
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const byte = text[i] ?? 0;
    if (quoted) {
      if (byte === BACKSLASH) i++;
      else if (byte === QUOTE) quoted = false;
    } else if (byte === QUOTE) quoted = true;
    else if ((byte | CURLY) === OPEN) {
      if (++depth > levels) return true;
    } else if ((byte | CURLY) === CLOSE) depth--;
  }
  return false;
}
