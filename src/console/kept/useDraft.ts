import { useState } from "react";

/** The forms that were changed and not saved, by the address of their page. They are lost with the tab, so it asks. */
const drafts = new Map<string, unknown>();

addEventListener("beforeunload", (event) => {
  if (drafts.size > 0) event.preventDefault();
});

const here = () => location.pathname + location.search;

/** Forgets the changes of the form on this page: they are saved, or not wanted. */
export const dropDraft = (): void => void drafts.delete(here());

/** Forgets all of them: another person may sign in. */
export const dropDrafts = (): void => drafts.clear();

type Draft<Value> = {
  draft: Value;
  change: (next: Value) => void;
  /** Set after coming back to a form that was left with changes: goes back to what is saved. */
  discard: (() => void) | null;
};

/** The contents of a form, which are kept when one leaves its page without saving. */
export function useDraft<Value>(given: Value): Draft<Value> {
  const [place] = useState(here);
  const [kept] = useState(() => drafts.get(place) as Value | undefined);
  const [isKept, setKept] = useState(kept !== undefined);
  const [draft, setDraft] = useState(kept ?? given);
  const change = (next: Value) => {
    if (JSON.stringify(next) === JSON.stringify(given)) drafts.delete(place);
    else drafts.set(place, next);
    setDraft(next);
  };
  const discard = () => {
    drafts.delete(place);
    setDraft(given);
    setKept(false);
  };
  return { draft, change, discard: isKept ? discard : null };
}
