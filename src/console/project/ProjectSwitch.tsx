import { type ReactNode, useState } from "react";
import { useAct } from "../ui/useAct.ts";
import { UpdateProjectDocument } from "./updateProject.ts";

type Props = {
  setting: "requireRegisteredTypes" | "systemEvents";
  given: boolean;
  children: ReactNode;
};

/** A boolean setting of the project. */
export function ProjectSwitch({ setting, given, children }: Props) {
  const [isOn, setIsOn] = useState(given);
  const update = useAct(UpdateProjectDocument);
  const change = async (next: boolean) => {
    setIsOn(next);
    const answer = await update.run({ input: { [setting]: next } }, "Saved.");
    if (!answer) setIsOn(!next);
  };
  return (
    <label className="settings-switch">
      <input
        type="checkbox"
        checked={isOn}
        disabled={update.isRunning}
        onChange={({ target }) => change(target.checked)}
      />
      <span>{children}</span>
    </label>
  );
}
