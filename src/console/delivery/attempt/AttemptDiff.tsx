import { Modal } from "../../ui/Modal.tsx";
import type { Exchange } from "./attemptTexts.ts";
import { differences } from "./differences.ts";
import "./AttemptDiff.css";

type Props = { before: Exchange; after: Exchange; onClose: () => void };

/** What differs between two attempts of a delivery. */
export function AttemptDiff({ before, after, onClose }: Props) {
  const found = differences(before, after);
  return (
    <Modal title={`Attempt ${after.number} beside ${before.number}`} isOpen onClose={onClose}>
      {found.length === 0 && <p>Nothing but the time differs between the two.</p>}
      <dl className="attempt-diff">
        {found.map(({ what, before: old, after: now }) => (
          <div key={what}>
            <dt>{what}</dt>
            <dd>
              <del>
                #{before.number}: {old ?? "none"}
              </del>
              <ins>
                #{after.number}: {now ?? "none"}
              </ins>
            </dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}
