import { CopyButton } from "../ui/CopyButton.tsx";
import "./BodyText.css";

/** JSON is easier to read when it is indented; what is copied stays as it was. */
function readable(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** A body that was sent or came back, as text. */
export function BodyText({ title, text }: { title: string; text: string }) {
  return (
    <div className="body-text">
      <div className="body-text-head">
        <h3>{title}</h3>
        <CopyButton text={text} />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys */}
      <pre tabIndex={0}>{text === "" ? "(empty)" : readable(text)}</pre>
    </div>
  );
}
