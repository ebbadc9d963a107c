import { syntaxTree } from "@codemirror/language";
import type { Diagnostic } from "@codemirror/lint";
import type { EditorState } from "@codemirror/state";
import type { EditorView } from "@codemirror/view";

/** Characters of a mark. */
const MOST = 100;

/** The mark of an error whose message ends with its line and column; none if it has no such place. */
export function marksOf(state: EditorState, message: string | undefined): Diagnostic[] {
  const place = message === undefined ? null : /line (\d+),? column (\d+)/.exec(message);
  if (!place || message === undefined) return [];
  const [number, column] = [Number(place[1]), Number(place[2])];
  if (number < 1 || number > state.doc.lines) return [];
  const line = state.doc.line(number);
  return [markAt(state, Math.min(line.to, line.from + column - 1), message)];
}

/** A mark of the word, or the signs, at a place; of the last character at the end, so that it can be seen. */
function markAt(state: EditorState, at: number, message: string): Diagnostic {
  const from = Math.max(0, Math.min(at, state.doc.length - 1));
  const [found = ""] = /^(?:\w+|[^\w\s]+|\s)/.exec(state.sliceDoc(from, from + MOST)) ?? [];
  return { from, to: from + found.length, severity: "error", message };
}

/** The error of a JSON text at its place. */
export function jsonMarks({ state }: EditorView): Diagnostic[] {
  const text = state.doc.toString();
  if (text.trim() === "") return [];
  try {
    JSON.parse(text);
    return [];
  } catch (error) {
    const message = error instanceof Error ? error.message : "Not valid JSON.";
    const placed = marksOf(state, message);
    return placed.length > 0 ? placed : [markAt(state, placeInTree(state), message)];
  }
}

/** Of errors that tell no place, such as an early end: the first that the parser went on after. */
function placeInTree(state: EditorState): number {
  let at = state.doc.length;
  syntaxTree(state).iterate({
    enter: ({ type, from }) => {
      if (type.isError) at = Math.min(at, from);
    },
  });
  return at;
}
