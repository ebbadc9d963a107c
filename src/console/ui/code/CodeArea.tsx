import {
  type CSSProperties,
  type ReactNode,
  type RefObject,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import type { CodeLanguage } from "./codeLanguage.ts";
import type { Editor } from "./openEditor.ts";
import { emptyScope, type Scope } from "./scope.ts";
import "./CodeArea.css";

export type CodeAreaProps = {
  language: CodeLanguage;
  value: string;
  onChange: (value: string) => void;
  onBlur?: () => void;
  /** The names that are completed. */
  scope?: Scope;
  rows?: number;
  placeholder?: string;
  /** For text without line breaks: Enter submits the form. */
  isSingleLine?: boolean;
  error: string | undefined;
  /** Given by Field. */
  id?: string;
  "aria-describedby"?: string;
  "aria-invalid"?: boolean;
};

type Open = typeof import("./openEditor.ts").openEditor;
let loaded: Open | undefined;

/** An editor of code. Until its code is loaded, and where it can't be, a text area. */
export function CodeArea(props: CodeAreaProps): ReactNode {
  const [open, setOpen] = useState(() => loaded);
  const plain = useRef<HTMLTextAreaElement>(null);
  const focused = useRef<{ from: number; to: number }>(null);
  useEffect(() => {
    if (open) return;
    let isCurrent = true;
    const take = (module: { openEditor: Open }) => {
      loaded = module.openEditor;
      if (!isCurrent) return;
      const area = plain.current;
      if (area && area === document.activeElement) {
        focused.current = { from: area.selectionStart, to: area.selectionEnd };
      }
      setOpen(() => module.openEditor);
    };
    // The text area does without it.
    import("./openEditor.ts").then(take, () => undefined);
    return () => {
      isCurrent = false;
    };
  }, [open]);
  if (open) return <OpenArea key={props.language} {...props} open={open} focused={focused} />;
  return (
    <textarea
      ref={plain}
      id={props.id}
      aria-describedby={props["aria-describedby"]}
      aria-invalid={props["aria-invalid"]}
      rows={props.rows ?? 1}
      spellCheck={false}
      autoComplete="off"
      placeholder={props.placeholder}
      value={props.value}
      onChange={({ target }) => props.onChange(target.value)}
      onBlur={props.onBlur}
    />
  );
}

type OpenProps = CodeAreaProps & {
  open: Open;
  focused: RefObject<{ from: number; to: number } | null>;
};

function OpenArea({ open, focused, ...props }: OpenProps): ReactNode {
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<Editor>(null);
  const latest = useRef(props);
  latest.current = props;
  const { id, language, placeholder = "", isSingleLine = false, value, error } = props;
  const describedBy = props["aria-describedby"];
  const isInvalid = props["aria-invalid"] === true;
  useLayoutEffect(() => {
    if (!host.current) return;
    const opened = open({
      parent: host.current,
      language,
      value: latest.current.value,
      placeholder,
      isSingleLine,
      scope: () => latest.current.scope ?? emptyScope,
      onChange: (text) => text !== latest.current.value && latest.current.onChange(text),
      onBlur: () => latest.current.onBlur?.(),
    });
    editor.current = opened;
    if (focused.current) opened.focus(focused.current.from, focused.current.to);
    focused.current = null;
    return () => opened.close();
  }, [open, focused, language, placeholder, isSingleLine]);
  useLayoutEffect(() => {
    editor.current?.setAttributes({
      ...(id !== undefined && { id, "aria-labelledby": `${id}-label` }),
      ...(describedBy !== undefined && { "aria-describedby": describedBy }),
      ...(isInvalid && { "aria-invalid": "true" }),
      ...(isSingleLine && { "aria-multiline": "false" }),
    });
  }, [id, describedBy, isInvalid, isSingleLine]);
  useLayoutEffect(() => editor.current?.setValue(value), [value]);
  useLayoutEffect(() => editor.current?.setError(error), [error]);
  useEffect(() => {
    // A label brings the focus to controls of forms alone.
    const label = document.getElementById(`${id}-label`);
    const focus = () => editor.current?.focus();
    label?.addEventListener("click", focus);
    return () => label?.removeEventListener("click", focus);
  }, [id]);
  const rows = { "--rows": props.rows ?? 1 } as CSSProperties;
  return <div ref={host} className="code-area" style={rows} />;
}
