import type { TypedDocumentNode } from "@urql/core";
import { type ReactNode, useEffect, useState } from "react";
import { Button } from "../../ui/Button.tsx";
import { Modal } from "../../ui/Modal.tsx";
import { type UserError, useAct } from "../../ui/useAct.ts";
import { ReplayProgress, type RunKind } from "../ReplayProgress.tsx";

type Payload = { matched: number; replay: { id: string } | null; userErrors: UserError[] };
type DryRun = { dryRun?: boolean | null | undefined };

type Props<Data extends Record<string, Payload>, Input extends DryRun> = {
  kind: RunKind;
  title: string;
  document: TypedDocumentNode<Data, { input: Input }>;
  input: Input;
  /** What the button does with so many. */
  labelOf: (count: number) => string;
  children: (problem: string | undefined) => ReactNode;
  onClose: () => void;
};

/** A replay or backfill: counts what matches, starts with a click on that, and shows its progress. */
export function CountedRun<Data extends Record<string, Payload>, Input extends DryRun>({
  kind,
  document,
  ...props
}: Props<Data, Input>) {
  const [counted, setCounted] = useState<number | null>(null);
  const [runId, setRunId] = useState<string | null>(null);
  // Counting has its own state, so that the button does not show it as busy.
  const { run: count, userErrors } = useAct(document, { showsUserErrors: true });
  const start = useAct(document);
  const wanted = JSON.stringify(props.input);
  useEffect(() => {
    let isCurrent = true;
    setCounted(null);
    void count({ input: { ...(JSON.parse(wanted) as Input), dryRun: true } }).then((answer) => {
      if (isCurrent && answer) setCounted(answer.matched);
    });
    return () => {
      isCurrent = false;
    };
  }, [wanted, count]);
  const confirm = async () => {
    const answer = await start.run({ input: props.input });
    setRunId(answer?.replay?.id ?? null);
  };
  if (runId !== null) return <ReplayProgress id={runId} of={kind} onClose={props.onClose} />;
  const problem = userErrors[0]?.message;
  return (
    <Modal
      title={props.title}
      isOpen
      onClose={props.onClose}
      foot={
        <Button look="primary" isBusy={start.isRunning} disabled={!counted} onClick={confirm}>
          {counted === null && !problem ? "Counting…" : props.labelOf(counted ?? 0)}
        </Button>
      }
    >
      {props.children(problem)}
    </Modal>
  );
}
