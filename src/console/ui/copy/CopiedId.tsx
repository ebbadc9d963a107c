import { CopyButton } from "./CopyButton.tsx";
import "./CopiedId.css";

/** The id of the object that a page is about, to be copied. */
export const CopiedId = ({ id }: { id: string }) => (
  <span className="copied-id">
    <code className="line">{id}</code>
    <CopyButton text={id} label="Copy the id" />
  </span>
);
