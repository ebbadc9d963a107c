import { Pause, Play } from "lucide-react";
import { countOf } from "../delivery/retry.ts";
import { graphql } from "../gql/graphql.ts";
import { Button } from "../ui/Button.tsx";
import { ConfirmButton } from "../ui/ConfirmButton.tsx";
import { useAct } from "../ui/useAct.ts";

const PauseDocument = graphql(`
  mutation PauseHook($id: ID!) {
    pauseHook(id: $id) { hook { id status } userErrors { code message path } }
  }
`);

const ResumeDocument = graphql(`
  mutation ResumeHook($id: ID!) {
    resumeHook(id: $id) { hook { id status } userErrors { code message path } }
  }
`);

const EnableDocument = graphql(`
  mutation EnableHook($id: ID!) {
    enableHook(id: $id) { hook { id status } userErrors { code message path } }
  }
`);

type Props = { id: string; status: string; parkedCount: number };

/** The button that stops a hook's deliveries, or lets them go on; asks before that sends what is parked. */
export function HookSwitch({ id, status, parkedCount }: Props) {
  const pause = useAct(PauseDocument);
  const resume = useAct(ResumeDocument);
  const enable = useAct(EnableDocument);
  if (status === "ACTIVE")
    return (
      <Button isBusy={pause.isRunning} onClick={() => pause.run({ id }, "The hook is paused.")}>
        <Pause size={14} /> <span>Pause</span>
      </Button>
    );
  if (status !== "PAUSED" && status !== "DISABLED") return null;
  const [change, word] =
    status === "PAUSED" ? ([resume, "Resume"] as const) : ([enable, "Enable"] as const);
  const ask = {
    title: `${word} the hook?`,
    text: `The ${countOf(parkedCount)} parked for it will be sent at once.`,
    confirm: `${word} and send ${parkedCount.toLocaleString()}`,
  };
  return (
    <ConfirmButton
      ask={parkedCount > 0 ? ask : null}
      isBusy={change.isRunning}
      onConfirm={() => change.run({ id }, "The hook is active.")}
    >
      <Play size={14} /> <span>{word}</span>
    </ConfirmButton>
  );
}
