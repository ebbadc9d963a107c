/**
 * Who gets the focus when a row of deliveries, or a button in it, is gone: the row, those after it, those before it, the
 * title of the list.
 */
export function deliveryHeirs(element: HTMLElement): HTMLElement[] {
  const row = element.closest("[data-delivery]");
  const rows = [...(row?.parentElement?.children ?? [])];
  const at = row ? rows.indexOf(row) : 0;
  const nearest = [...rows.slice(at), ...rows.slice(0, at).reverse()];
  const buttons = nearest.map((it) => it.querySelector<HTMLElement>("[aria-expanded]"));
  const title = element.closest("section, .page")?.querySelector("h1, h2");
  return [...buttons, title].filter((it) => it instanceof HTMLElement);
}
