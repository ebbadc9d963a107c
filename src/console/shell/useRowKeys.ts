import { useEffect, useState } from "react";
import { onKey } from "./keys.ts";

/** Selects a row by j and k and opens it by Enter; -1 if none is selected. */
export function useRowKeys(count: number, open: (index: number) => void): number {
  const [chosen, setChosen] = useState(-1);
  const index = Math.min(chosen, count - 1);
  useEffect(() => {
    if (count === 0) return;
    const offs = [
      onKey("j", () => setChosen(Math.min(index + 1, count - 1))),
      onKey("k", () => setChosen(Math.max(index - 1, 0))),
      onKey("Enter", () => index >= 0 && open(index)),
    ];
    return () => {
      for (const off of offs) off();
    };
  });
  return index;
}
