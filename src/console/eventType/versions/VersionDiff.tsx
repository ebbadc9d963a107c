import type { ResultOf } from "gql.tada";
import { useState } from "react";
import { useQuery } from "urql";
import { graphql, type Json } from "../../gql/graphql.ts";
import { Field } from "../../ui/Field.tsx";
import { Modal } from "../../ui/Modal.tsx";
import { Failure, Loading } from "../../ui/Notice.tsx";
import { type DiffLine, lineDiff } from "./lineDiff.ts";
import "./VersionDiff.css";

const VersionsDocument = graphql(`
  query EventTypeVersions($name: String!) {
    eventType(name: $name) {
      id
      versions { version schema jsonSchema }
    }
  }
`);

type Version = NonNullable<ResultOf<typeof VersionsDocument>["eventType"]>["versions"][number];

const isShorthand = ({ schema, jsonSchema }: Version) =>
  JSON.stringify(schema) !== JSON.stringify(jsonSchema);

/** Without the commas at the ends of lines: a line whose comma alone is new has not changed. */
const textOf = (value: Json) => JSON.stringify(value, null, 2).replaceAll(/,$/gm, "");

/** As they were given; as JSON Schema if only one of them is in the shorthand. */
function differences(before: Version, after: Version): DiffLine[] {
  const isAlike = isShorthand(before) === isShorthand(after);
  const shown = ({ schema, jsonSchema }: Version) => textOf(isAlike ? schema : jsonSchema);
  return lineDiff(shown(before), shown(after));
}

const marks = { same: " ", removed: "−", added: "+" };

function DiffItem({ line }: { line: DiffLine }) {
  if (line.kind === "skipped")
    return (
      <li className="diff-skipped">
        {line.count === 1 ? "1 more line is" : `${line.count} more lines are`} the same.
      </li>
    );
  const text = `${marks[line.kind]} ${line.text}`;
  return (
    <li>
      {line.kind === "removed" && <del>{text}</del>}
      {line.kind === "added" && <ins>{text}</ins>}
      {line.kind === "same" && text}
    </li>
  );
}

/** What differs between the schemas of two versions of an event type: at first the newest two. */
export function VersionDiff({ type, onClose }: { type: string; onClose: () => void }) {
  const [{ data, error }, read] = useQuery({
    query: VersionsDocument,
    variables: { name: type },
    requestPolicy: "network-only",
  });
  const [chosen, setChosen] = useState<{ before?: number; after?: number }>({});
  const versions = data?.eventType?.versions ?? [];
  const find = (number: number | undefined) => versions.find(({ version }) => version === number);
  const before = find(chosen.before) ?? versions[1];
  const after = find(chosen.after) ?? versions[0];
  const choice = (label: string, which: "before" | "after", shown: Version | undefined) => (
    <Field label={label}>
      <select
        value={shown?.version}
        onChange={({ target }) => setChosen({ ...chosen, [which]: Number(target.value) })}
      >
        {versions.map(({ version }) => (
          <option key={version} value={version}>
            Version {version}
          </option>
        ))}
      </select>
    </Field>
  );
  const lines = before && after ? differences(before, after) : [];
  return (
    <Modal title={`Versions of ${type}`} isOpen onClose={onClose}>
      {error && !data && <Failure error={error} onRetry={() => read()} />}
      {!error && !data && <Loading rows={3} />}
      {before && after && (
        <>
          <div className="diff-choice">
            {choice("From", "before", before)}
            {choice("To", "after", after)}
          </div>
          {lines.length === 0 ? (
            <p className="soft">Their schemas are the same.</p>
          ) : (
            // biome-ignore lint/a11y/noNoninteractiveTabindex: long lines are scrolled by keys, too
            <section className="diff-frame" aria-label="Changes of the schema" tabIndex={0}>
              <ol className="diff">
                {lines.map((line, index) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other identity
                  <DiffItem key={index} line={line} />
                ))}
              </ol>
            </section>
          )}
        </>
      )}
    </Modal>
  );
}
