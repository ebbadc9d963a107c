import { endOfString } from "../../util/json/scanJson.ts";

/**
 * Replaces each list and object inside an object's JSON text by an empty list, so that parsing is
 * fast however deep it is nested.
 */
export function withoutNested(text: string): string {
  let kept = "";
  let depth = 0;
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '"') at = endOfString(text, at);
    else if ("[{".includes(character) && ++depth === 2) kept += `${text.slice(from, at)}[]`;
    else if ("]}".includes(character) && --depth === 1) from = at + 1;
  }
  return kept + text.slice(from);
}
