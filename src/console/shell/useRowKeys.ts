import { useLayoutEffect } from "react";
import { useKept } from "../kept/useKept.ts";
import { onKey } from "./keys.ts";

type Chosen = { id: string; index: number };

type RowKeys = {
  /** The index of the selected row; -1 if none is selected. */
  index: number;
  clear: () => void;
};

/**
 * Selects a row by j and k, opens it by Enter and forgets it by Esc. The row is known by its id, so that it stays
 * selected when rows arrive above it. If it goes, j and k continue where it was. `list`: its name on the page.
 */
export function useRowKeys(
  list: string,
  ids: readonly string[],
  open: (index: number) => void,
  isEnabled = true,
): RowKeys {
  const [chosen, setChosen] = useKept<Chosen | null>(`row of ${list}`, null);
  const clear = () => setChosen(null);
  const index = chosen === null ? -1 : ids.indexOf(chosen.id);
  // The keys are those of the rows as soon as these are seen.
  useLayoutEffect(() => {
    if (ids.length === 0 || !isEnabled) return;
    const choose = (wanted: number) => {
      const at = Math.max(0, Math.min(wanted, ids.length - 1));
      const id = ids[at];
      if (id !== undefined) setChosen({ id, index: at });
    };
    const isGone = chosen !== null && index < 0;
    const place = isGone ? chosen.index : index;
    const offs = [
      onKey("j", () => choose(isGone ? place : place + 1)),
      onKey("k", () => choose(place - 1)),
      onKey("Enter", () => index >= 0 && open(index)),
      ...(chosen === null ? [] : [onKey("Escape", () => setChosen(null))]),
    ];
    return () => {
      for (const off of offs) off();
    };
  });
  return { index, clear };
}
