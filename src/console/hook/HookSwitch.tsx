import { Pause, Play } from "lucide-react";
import { graphql } from "../gql/graphql.ts";
import { Button } from "../ui/Button.tsx";
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

/** The button that stops a hook's deliveries, or lets them go on. */
export function HookSwitch({ id, status }: { id: string; status: string }) {
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
  return (
    <Button isBusy={change.isRunning} onClick={() => change.run({ id }, "The hook is active.")}>
      <Play size={14} /> <span>{word}</span>
    </Button>
  );
}
