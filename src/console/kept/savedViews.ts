/** A list as it was filtered, under a name. */
type SavedView = { name: string; address: string };

/** Which list, of which project. */
export type ViewsOf = { projectId: string; page: string };

const keyOf = ({ projectId, page }: ViewsOf) => `signalbox.views.${projectId}.${page}`;

const isView = (value: unknown): value is SavedView =>
  typeof value === "object" &&
  value !== null &&
  "name" in value &&
  typeof value.name === "string" &&
  "address" in value &&
  typeof value.address === "string";

/** The views that this browser keeps. */
export function savedViews(of: ViewsOf): SavedView[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(keyOf(of)) ?? "[]");
    return Array.isArray(found) ? found.filter(isView) : [];
  } catch {
    return [];
  }
}

/** Keeps a view, in place of one of the same name. */
export function saveView(of: ViewsOf, view: SavedView): void {
  const others = savedViews(of).filter(({ name }) => name !== view.name);
  const all = [...others, view].sort((a, b) => a.name.localeCompare(b.name));
  localStorage.setItem(keyOf(of), JSON.stringify(all));
}

export function forgetView(of: ViewsOf, view: SavedView): void {
  const others = savedViews(of).filter(({ name }) => name !== view.name);
  localStorage.setItem(keyOf(of), JSON.stringify(others));
}
