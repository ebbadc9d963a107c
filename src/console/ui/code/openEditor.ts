import { autocompletion, type CompletionContext, closeCompletion } from "@codemirror/autocomplete";
import { history, historyKeymap, standardKeymap } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { bracketMatching, syntaxHighlighting } from "@codemirror/language";
import { linter, setDiagnostics } from "@codemirror/lint";
import { Compartment, EditorState, type Extension, Prec } from "@codemirror/state";
import { EditorView, keymap, placeholder } from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";
import { adoptStyles } from "./adoptStyles.ts";
import type { CodeLanguage } from "./codeLanguage.ts";
import { completions } from "./complete.ts";
import { jsonMarks, marksOf } from "./marks.ts";
import type { Scope } from "./scope.ts";
import { cel, graphqlSelection, liquid } from "./tokens.ts";

const jsonWithMarks: Extension = [json(), linter(jsonMarks, { delay: 300 })];

const languages: Record<CodeLanguage, Extension> = {
  json: jsonWithMarks,
  jsonSchema: jsonWithMarks,
  jsonTemplate: jsonWithMarks,
  cel,
  liquid,
  graphql: graphqlSelection,
};

type Options = {
  parent: HTMLElement;
  language: CodeLanguage;
  value: string;
  placeholder: string;
  /** Enter submits the form instead of beginning a line. */
  isSingleLine: boolean;
  /** The names to complete, when they are asked for. */
  scope: () => Scope;
  onChange: (value: string) => void;
  onBlur: () => void;
};

export type Editor = {
  setValue: (value: string) => void;
  setAttributes: (attributes: Record<string, string>) => void;
  /** Marks an error that tells its line and column. */
  setError: (message: string | undefined) => void;
  focus: (from?: number, to?: number) => void;
  close: () => void;
};

const singleLine: Extension = [
  Prec.high(
    keymap.of([
      {
        key: "Enter",
        run: ({ dom }) => {
          dom.closest("form")?.requestSubmit();
          return true;
        },
      },
    ]),
  ),
  EditorView.clipboardInputFilter.of((text) => text.replaceAll(/\s*\n\s*/g, " ")),
];

/**
 * Tab is not bound, so that it leaves the editor. Of the keys of other editors only those that a text area has are,
 * because the page has meanings for the others.
 */
const keys: Extension = [
  // What else listens to Escape, such as a dialog, must not close when the list of completions does.
  Prec.highest(keymap.of([{ key: "Escape", stopPropagation: true, run: closeCompletion }])),
  keymap.of([...historyKeymap, ...standardKeymap]),
];

/**
 * Replaces a selection by what is typed. Browsers would give the new text the colours of the old by a style attribute,
 * which the page's content security policy refuses.
 */
const typedOver = EditorView.domEventHandlers({
  beforeinput(event, view) {
    // The event tells no range of its own, and the editor may not have read a new selection yet.
    const selection = document.getSelection();
    if (event.inputType !== "insertText" || event.data === null) return false;
    if (!selection || selection.isCollapsed || selection.rangeCount === 0) return false;
    const range = selection.getRangeAt(0);
    const insert = view.state.toText(event.data);
    const from = view.posAtDOM(range.startContainer, range.startOffset);
    const to = view.posAtDOM(range.endContainer, range.endOffset);
    view.dispatch({
      changes: { from, to, insert },
      selection: { anchor: from + insert.length },
      userEvent: "input.type",
      scrollIntoView: true,
    });
    return true;
  },
});

/** Opens an editor of code. */
export function openEditor(options: Options): Editor {
  const { parent, language, scope } = options;
  const attributes = new Compartment();
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: options.value,
      extensions: [
        options.isSingleLine ? singleLine : [],
        keys,
        history(),
        bracketMatching(),
        EditorView.lineWrapping,
        syntaxHighlighting(classHighlighter),
        languages[language],
        autocompletion({
          icons: false,
          override: [(context: CompletionContext) => completions[language](context, scope())],
        }),
        placeholder(options.placeholder),
        attributes.of([]),
        EditorView.updateListener.of(({ docChanged, state }) => {
          if (docChanged) options.onChange(state.doc.toString());
        }),
        EditorView.domEventHandlers({ blur: () => options.onBlur() }),
        typedOver,
      ],
    }),
  });
  return {
    setValue(value) {
      const { doc } = view.state;
      if (value === doc.toString()) return;
      view.dispatch({ changes: { from: 0, to: doc.length, insert: value } });
    },
    setAttributes(names) {
      const effects = attributes.reconfigure(
        EditorView.contentAttributes.of({ tabindex: "0", ...names }),
      );
      view.dispatch({ effects });
    },
    setError(message) {
      // JSON is checked here, and places in its templates are not those of the text.
      if (languages[language] === jsonWithMarks) return;
      view.dispatch(setDiagnostics(view.state, marksOf(view.state, message)));
    },
    focus(from, to) {
      if (from !== undefined) view.dispatch({ selection: { anchor: from, head: to ?? from } });
      view.focus();
    },
    close: () => view.destroy(),
  };
}

adoptStyles();
