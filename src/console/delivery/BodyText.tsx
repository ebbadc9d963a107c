import { CopyButton } from "../ui/copy/CopyButton.tsx";
import "./BodyText.css";

/** Indents JSON for display; copying keeps the original. */
function readable(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** A request or response body as text. */
export function BodyText({ title, text }: { title: string; text: string }) {
  return (
    <div className="body-text">
      <div className="body-text-head">
        <h3>{title}</h3>
        <CopyButton text={text} />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: scrollable content must be reachable by keyboard */}
      <pre tabIndex={0}>{text === "" ? "(empty)" : readable(text)}</pre>
    </div>
  );
}
