/*
 * Each entry of the browser's history has an id in its state, by which pages keep what was shown: going back finds
 * it again. An entry that is replaced, as by another filter, keeps its id.
 */
const idIn = (state: unknown): string | undefined =>
  typeof state === "object" && state !== null && "entry" in state && typeof state.entry === "string"
    ? state.entry
    : undefined;

let made = 0;
let current = "";

function note(isNew: boolean): void {
  const known = idIn(history.state);
  if (known === undefined) {
    current = isNew ? `${Date.now()}-${++made}` : current;
    history.replaceState({ entry: current }, "");
  } else current = known;
}

note(true);
// The router announces what it does to the history by events of these names.
addEventListener("pushState", () => note(true));
addEventListener("replaceState", () => note(false));
addEventListener("popstate", () => note(true));

/** The id of the entry that is shown. */
export const entryId = (): string => current;
