import { type RefObject, useLayoutEffect } from "react";

/**
 * When an element that has the focus is removed, the first of `heirsOf` that is still there gets it. Else it would be
 * nowhere, and who works with the keyboard would have to begin at the top of the page.
 */
export function useFocusHeir(
  ref: RefObject<HTMLElement | null>,
  heirsOf: (element: HTMLElement) => HTMLElement[],
): void {
  useLayoutEffect(() => {
    const element = ref.current;
    return () => {
      if (!element?.contains(document.activeElement)) return;
      const heirs = heirsOf(element);
      // What goes with it is only known when all of it is gone.
      queueMicrotask(() => {
        if (!element.isConnected) heirs.find((heir) => heir.isConnected)?.focus();
      });
    };
  }, [ref, heirsOf]);
}
