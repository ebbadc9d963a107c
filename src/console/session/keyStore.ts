/** Stores the key in this tab only, until it is closed. It is never part of a URL. */
const NAME = "signalbox.key";

export const readKey = (): string | null => sessionStorage.getItem(NAME);

export function writeKey(key: string | null): void {
  if (key === null) sessionStorage.removeItem(NAME);
  else sessionStorage.setItem(NAME, key);
}
