import { type FormEvent, useState } from "react";
import { Button } from "../ui/Button.tsx";
import { Field } from "../ui/Field.tsx";
import { useAct } from "../ui/useAct.ts";
import { UpdateProjectDocument } from "./updateProject.ts";

/** Renames the project. */
export function ProjectName({ name, onSaved }: { name: string; onSaved: () => void }) {
  const [text, setText] = useState(name);
  const update = useAct(UpdateProjectDocument, { showsUserErrors: true });
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (await update.run({ input: { name: text } }, "Saved.")) onSaved();
  };
  return (
    <form className="settings-line" onSubmit={submit}>
      <Field label="Name" error={update.userErrors[0]?.message}>
        <input value={text} onChange={({ target }) => setText(target.value)} />
      </Field>
      <Button type="submit" isBusy={update.isRunning} disabled={text === name}>
        Rename
      </Button>
    </form>
  );
}
