import type { MouseEvent } from "react";

/** Whether a click is meant for a row: not for a link or button in it or a dialog of it, nor the end of selecting text. */
export function isForRow({ target, currentTarget }: MouseEvent): boolean {
  const isWithin = target instanceof Element && currentTarget.contains(target);
  return (
    isWithin &&
    target.closest("a, button, input, label") === null &&
    (getSelection()?.isCollapsed ?? true)
  );
}

/** Whether the browser would open a link that is clicked so in a new tab. */
export const isForNewTab = ({ ctrlKey, metaKey, shiftKey }: MouseEvent): boolean =>
  ctrlKey || metaKey || shiftKey;
