/** Shortcuts: one key (`j`) or two in sequence (`g f`). */
const actions = new Map<string, (() => void)[]>();
/** Maximum time between two keys of a sequence. */
const SECOND_KEY_MS = 1_200;
let first: { key: string; at: number } | null = null;

/** Whether the key belongs to a text field or another control. */
function isTaken(event: KeyboardEvent): boolean {
  if (event.metaKey || event.ctrlKey || event.altKey || event.defaultPrevented) return true;
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest("input, textarea, select, [contenteditable], [role=dialog], [role=menu]")) {
    return true;
  }
  return event.key === "Enter" && target?.closest("a, button") != null;
}

function press(event: KeyboardEvent): void {
  if (isTaken(event)) return;
  const prefix = first && Date.now() - first.at < SECOND_KEY_MS ? `${first.key} ` : "";
  first = null;
  const action = (actions.get(prefix + event.key) ?? actions.get(event.key))?.at(-1);
  if (action) {
    event.preventDefault();
    action();
  } else if ([...actions.keys()].some((keys) => keys.startsWith(`${event.key} `))) {
    first = { key: event.key, at: Date.now() };
  }
}

/** Registers a shortcut; returns a function that removes it. The last one registered wins. */
export function onKey(keys: string, action: () => void): () => void {
  if (actions.size === 0) addEventListener("keydown", press);
  actions.set(keys, [...(actions.get(keys) ?? []), action]);
  return () => {
    const rest = (actions.get(keys) ?? []).filter((it) => it !== action);
    if (rest.length > 0) actions.set(keys, rest);
    else actions.delete(keys);
    if (actions.size === 0) removeEventListener("keydown", press);
  };
}
