type Theme = "light" | "dark";

const NAME = "signalbox.theme";
const dark = matchMedia("(prefers-color-scheme: dark)");

/** The chosen theme; the system's by default. */
export function theme(): Theme {
  const chosen = localStorage.getItem(NAME);
  return chosen === "light" || chosen === "dark" ? chosen : dark.matches ? "dark" : "light";
}

/** Applies the theme and follows changes of the system's theme. */
export function applyTheme(): void {
  const show = () => {
    document.documentElement.dataset.theme = theme();
  };
  show();
  dark.addEventListener("change", show);
}

const listeners = new Set<() => void>();

/** Tells when the theme is switched in this page; returns a function that ends it. */
export function onTheme(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** Switches the theme in this browser. */
export function toggleTheme(): void {
  const next = theme() === "dark" ? "light" : "dark";
  localStorage.setItem(NAME, next);
  document.documentElement.dataset.theme = next;
  for (const tell of listeners) tell();
}
