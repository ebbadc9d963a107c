import { useState } from "react";
import { Button } from "../../ui/Button.tsx";
import { Section } from "../../ui/layout/Page.tsx";
import { Moment } from "../../ui/time/Time.tsx";
import { VersionDiff } from "./VersionDiff.tsx";

type Props = { type: string; versions: readonly { version: number; createdAt: string }[] };

/** The versions of an event type, newest first, and what differs between two of them. */
export function Versions({ type, versions }: Props) {
  const [isComparing, setIsComparing] = useState(false);
  const compare = versions.length > 1 && (
    <Button onClick={() => setIsComparing(true)}>Compare versions</Button>
  );
  return (
    <Section title="Versions" tools={compare}>
      <ul className="type-list">
        {versions.map(({ version, createdAt }) => (
          <li key={version} className="type-line">
            <span>Version {version}</span>
            <span className="faint">
              <Moment at={createdAt} />
            </span>
          </li>
        ))}
      </ul>
      {isComparing && <VersionDiff type={type} onClose={() => setIsComparing(false)} />}
    </Section>
  );
}
