import { ChevronRight } from "lucide-react";
import { useState } from "react";
import { Link } from "wouter";
import type { Json } from "../gql/graphql.ts";
import { Button } from "../ui/Button.tsx";
import { CopyButton } from "../ui/copy/CopyButton.tsx";
import { JsonTree } from "../ui/json/JsonTree.tsx";
import { Moment } from "../ui/time/Time.tsx";
import { actionWords } from "./actionWords.ts";
import { type AuditEntryRow, objectOf } from "./auditEntryRow.ts";
import type { AuditFilter } from "./auditFilter.ts";

type Props = { entry: AuditEntryRow; onFilter: (filter: Partial<AuditFilter>) => void };

const State = ({ title, value }: { title: string; value: Json }) => (
  <section className="audit-state" aria-label={title}>
    <h3>{title}</h3>
    {value === null ? <p className="faint">Nothing.</p> : <JsonTree value={value} />}
  </section>
);

/** One entry. Its words filter the list by them. */
export function AuditItem({ entry, onFilter }: Props) {
  const [isOpen, setIsOpen] = useState(false);
  const { at, actor, action, entityId, before, after, requestId } = entry;
  const { name, to } = objectOf(entry);
  const { verb, object } = actionWords(action);
  const text = name ?? entityId ?? "";
  return (
    <li className="audit-entry">
      <div className="audit-line">
        <Button
          look="quiet"
          aria-expanded={isOpen}
          aria-label={`Details of ${action}`}
          className="audit-open"
          onClick={() => setIsOpen(!isOpen)}
        >
          <ChevronRight size={14} />
        </Button>
        <span className="audit-when faint">
          <Moment at={at} />
        </span>
        <span className="audit-sentence">
          <button
            type="button"
            className="audit-word"
            title={`Only what ${actor} did`}
            onClick={() => onFilter({ actor })}
          >
            <strong>{actor}</strong>
          </button>{" "}
          <button
            type="button"
            className="audit-word"
            title={`Only ${action}`}
            onClick={() => onFilter({ action })}
          >
            {verb} {object}
          </button>{" "}
          {to ? <Link to={to}>{text}</Link> : <span>{text}</span>}
        </span>
      </div>
      {isOpen && (
        <div className="audit-details">
          <div className="audit-states">
            <State title="Before" value={before} />
            <State title="After" value={after} />
          </div>
          <p className="faint audit-ids">
            <code>{action}</code>
            {requestId !== "" && (
              <span>
                Request <code>{requestId}</code>{" "}
                <CopyButton text={requestId} label="Copy the request id" />
              </span>
            )}
            {entityId !== null && (
              <Button look="quiet" onClick={() => onFilter({ entityId })}>
                All of this object
              </Button>
            )}
          </p>
        </div>
      )}
    </li>
  );
}
