/** What is wrong with an `Authorization` that names no live key. Whether a key was ever good is nobody's business. */
export type KeyMistake = "missing" | "no scheme" | "placeholder" | "wrong";

/** Texts that stand for a key where one is shown: `sbx_…`, `<key>`, `$KEY`, `YOUR_KEY`. */
const PLACEHOLDER =
  /^(sbx_)?\W*$|^sbx_(\W|x+$)|^<.*>$|^\$?\{.*\}$|^\$\w+$|\b(your|paste)[\W_]|^(your|api|my)?_?(key|token)$/i;

/** Tells which mistake it is, from the header alone. */
export function keyMistake(authorization: string | null | undefined): KeyMistake {
  const text = authorization?.trim() ?? "";
  if (text === "") return "missing";
  const [, key] = /^bearer(?: +(.*))?$/i.exec(text) ?? [];
  if (key === undefined) return /^bearer$/i.test(text) ? "missing" : "no scheme";
  return PLACEHOLDER.test(key) ? "placeholder" : "wrong";
}
