import { type RefObject, useLayoutEffect } from "react";
import { keep, readKept } from "./useKept.ts";

const NAME = "scroll";
/** Whoever does one of these scrolls by themselves. */
const own = ["wheel", "touchstart", "keydown", "pointerdown"] as const;

/** Scrolls to where the page was when one goes back to it, as soon as it is long enough, and else to its start. */
export function useKeptScroll(frame: RefObject<HTMLElement | null>, location: string): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page has another place
  useLayoutEffect(() => {
    const element = frame.current;
    if (!element) return;
    let wanted: number | undefined = readKept<number>(NAME) ?? 0;
    const settle = () => {
      wanted = undefined;
      grown.disconnect();
    };
    const restore = () => {
      if (wanted === undefined) return;
      element.scrollTop = wanted;
      if (element.scrollTop >= wanted - 1) settle();
    };
    const note = () => {
      if (wanted === undefined) keep(NAME, element.scrollTop);
    };
    const grown = new MutationObserver(restore);
    grown.observe(element, { childList: true, subtree: true });
    restore();
    element.addEventListener("scroll", note);
    for (const name of own) element.addEventListener(name, settle, { passive: true });
    return () => {
      settle();
      element.removeEventListener("scroll", note);
      for (const name of own) element.removeEventListener(name, settle);
    };
  }, [frame, location]);
}
