/** Where a JSON text is broken off: the keys of the objects that are open, and the string that is. */
type JsonPlace = {
  path: string[];
  /** Where the text of the open string begins; -1 outside of strings. */
  from: number;
  /** Whether a key is, or is to be, written here. */
  isKey: boolean;
};

type Frame = { isObject: boolean; key: string | null; isKey: boolean };

/** The place at the end of a JSON text that is being written. It may be wrong before that. */
export function jsonPlace(text: string): JsonPlace {
  const frames: Frame[] = [];
  let from = -1;
  for (let at = 0; at < text.length; at++) {
    const frame = frames.at(-1);
    const character = text[at];
    if (character === '"') {
      const end = endOfString(text, at + 1);
      if (end < 0) from = at + 1;
      else if (frame?.isKey) frame.key = text.slice(at + 1, end);
      if (end < 0) break;
      at = end;
    } else if (character === "{") frames.push({ isObject: true, key: null, isKey: true });
    else if (character === "[") frames.push({ isObject: false, key: null, isKey: false });
    else if (character === "}" || character === "]") frames.pop();
    else if (character === ":" && frame) frame.isKey = false;
    else if (character === "," && frame) frame.isKey = frame.isObject;
  }
  const path = frames.slice(0, -1).flatMap(({ key }) => key ?? []);
  return { path, from, isKey: frames.at(-1)?.isKey ?? false };
}

function endOfString(text: string, from: number): number {
  for (let at = from; at < text.length && text[at] !== "\n"; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === '"') return at;
  }
  return -1;
}
