import { isChangedNumber } from "./exactJson.ts";

const QUOTE = 0x22;
const MINUS = 0x2d;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
/** `[` and `{` differ only in this bit, and so do `]` and `}`. */
const CURLY = 0x20;
const OPEN = 0x7b;
const CLOSE = 0x7d;

const isDigit = (code: number) => code >= 0x30 && code <= 0x39;
/** The characters of a number after its first: digits, `.`, `e`, `E`, `+` and `-`. */
const isOfNumber = (code: number) =>
  isDigit(code) || code === 0x2e || (code | 0x20) === 0x65 || code === 0x2b || code === MINUS;

/** Integers with at most this many digits are exact doubles. */
const SAFE_DIGITS = 15;

/** The index of the closing quote of the string that begins at `start`. */
export function endOfString(text: string, start: number): number {
  let end = start;
  while (true) {
    end = text.indexOf('"', end + 1);
    if (end < 0) return text.length;
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
}

/** The index after the last character of the number that begins at `start`. */
export function endOfNumber(text: string, start: number): number {
  let end = start + 1;
  while (isOfNumber(text.charCodeAt(end))) end++;
  return end;
}

/** Whether the string between the quotes is a key made of digits: JavaScript moves such keys to the front. */
function isIndexKey(text: string, start: number, end: number): boolean {
  if (!isDigit(text.charCodeAt(start + 1))) return false;
  for (let i = start + 2; i < end; i++) if (!isDigit(text.charCodeAt(i))) return false;
  let next = end + 1;
  while (text.charCodeAt(next) <= 0x20) next++;
  return text.charCodeAt(next) === COLON;
}

/**
 * Scans JSON text once before it is parsed: returns how deep it nests, because parsing deep text is slow, and whether
 * JavaScript's parser may change it (exactJson.ts).
 */
export function scanJson(text: string): { depth: number; mayChange: boolean } {
  let depth = 0;
  let deepest = 0;
  let mayChange = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      const end = endOfString(text, i);
      mayChange ||= isIndexKey(text, i, end);
      i = end;
    } else if (isDigit(code) || code === MINUS) {
      const end = endOfNumber(text, i);
      mayChange ||=
        (code === MINUS || end - i > SAFE_DIGITS || !isWhole(text, i, end)) &&
        isChangedNumber(text.slice(i, end));
      i = end - 1;
    } else if ((code | CURLY) === OPEN) {
      if (++depth > deepest) deepest = depth;
    } else if ((code | CURLY) === CLOSE) depth--;
  }
  return { depth: deepest, mayChange };
}

function isWhole(text: string, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (!isDigit(text.charCodeAt(i))) return false;
  return true;
}
