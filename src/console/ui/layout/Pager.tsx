import { ChevronLeft, ChevronRight } from "lucide-react";
import { useKept } from "../../kept/useKept.ts";
import { Button } from "../Button.tsx";
import "./Pager.css";

type PageInfo = { hasNextPage: boolean; endCursor: string | null };

/** The cursors that led to the page that is shown; the last of them is its `after`. */
type Place = {
  after: string | null;
  forward: (cursor: string | null) => void;
  back: (() => void) | null;
};

/** The position in the list of this name, unique on a page; found again when one goes back to it. */
export function usePlace(name: string): Place {
  const [cursors, setCursors] = useKept<string[]>(`place in ${name}`, []);
  return {
    after: cursors.at(-1) ?? null,
    forward: (cursor) => cursor !== null && setCursors([...cursors, cursor]),
    back: cursors.length > 0 ? () => setCursors(cursors.slice(0, -1)) : null,
  };
}

/** The pager of a list; nothing if there is only one page. */
export function Pager({ place, pageInfo }: { place: Place; pageInfo: PageInfo }) {
  if (place.back === null && !pageInfo.hasNextPage) return null;
  return (
    <nav className="pager" aria-label="Pages">
      <Button disabled={place.back === null} onClick={() => place.back?.()}>
        <ChevronLeft size={14} /> Newer
      </Button>
      <Button disabled={!pageInfo.hasNextPage} onClick={() => place.forward(pageInfo.endCursor)}>
        Older <ChevronRight size={14} />
      </Button>
    </nav>
  );
}
