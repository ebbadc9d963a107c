import { lazy, Suspense, useEffect, useState } from "react";

const OPEN = "signalbox:palette";

/** The command palette. */
export const openPalette = (): void => void dispatchEvent(new Event(OPEN));

const load = () => import("./PaletteDialog.tsx");
const PaletteDialog = lazy(async () => ({ default: (await load()).PaletteDialog }));

/** Preloads the palette, so that it opens even while the hub is unreachable. */
export const loadPalette = (): Promise<unknown> => load().catch(() => undefined);

/** Whether a key press asks for the palette; it does in text fields, too. */
const asks = ({ key, ctrlKey, metaKey, altKey, shiftKey }: KeyboardEvent) =>
  key.toLowerCase() === "k" && ctrlKey !== metaKey && !altKey && !shiftKey;

/** Opens the command palette by Ctrl+K or ⌘K on every page. */
export function Palette() {
  const [isOpen, setIsOpen] = useState(false);
  useEffect(() => {
    const open = () => setIsOpen(true);
    const press = (event: KeyboardEvent) => {
      if (!asks(event)) return;
      event.preventDefault();
      // What another dialog asks comes first.
      if (document.querySelector("[role=dialog], [role=alertdialog]") === null) open();
    };
    addEventListener(OPEN, open);
    addEventListener("keydown", press);
    return () => {
      removeEventListener(OPEN, open);
      removeEventListener("keydown", press);
    };
  }, []);
  if (!isOpen) return null;
  return (
    <Suspense>
      <PaletteDialog onClose={() => setIsOpen(false)} />
    </Suspense>
  );
}
