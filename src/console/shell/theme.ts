type Theme = "light" | "dark";

const NAME = "signalbox.theme";
const dark = matchMedia("(prefers-color-scheme: dark)");

/** The theme that was chosen; the system's until then. */
export function theme(): Theme {
  const chosen = localStorage.getItem(NAME);
  return chosen === "light" || chosen === "dark" ? chosen : dark.matches ? "dark" : "light";
}

/** Shows the theme, and follows the system's from then on. */
export function applyTheme(): void {
  const show = () => {
    document.documentElement.dataset.theme = theme();
  };
  show();
  dark.addEventListener("change", show);
}

/** Chooses the other theme, in this browser. */
export function toggleTheme(): Theme {
  const next = theme() === "dark" ? "light" : "dark";
  localStorage.setItem(NAME, next);
  document.documentElement.dataset.theme = next;
  return next;
}
