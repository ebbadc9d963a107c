/**
 * What is wrong with an `Authorization` header. It does not reveal whether a key was ever valid.
 */
export type KeyMistake = "missing" | "no scheme" | "placeholder" | "wrong";

/** Placeholders for a key in documentation: `sbx_…`, `<key>`, `$KEY`, `YOUR_KEY`. */
const PLACEHOLDER =
  /^(sbx_)?\W*$|^sbx_(\W|x+$)|^<.*>$|^\$?\{.*\}$|^\$\w+$|\b(your|paste)[\W_]|^(your|api|my)?_?(key|token)$/i;

/** Classifies an invalid header by its text only. */
export function keyMistake(authorization: string | null | undefined): KeyMistake {
  const text = authorization?.trim() ?? "";
  if (text === "") return "missing";
  const [, key] = /^bearer(?: +(.*))?$/i.exec(text) ?? [];
  if (key === undefined) return /^bearer$/i.test(text) ? "missing" : "no scheme";
  return PLACEHOLDER.test(key) ? "placeholder" : "wrong";
}
