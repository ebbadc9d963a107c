import { type FormEvent, useState } from "react";
import { base } from "../base.ts";
import { Button } from "../ui/Button.tsx";
import { Field } from "../ui/Field.tsx";
import "./SignIn.css";

type Props = { problem: string | null; isOpening: boolean; onKey: (key: string) => void };

/** The sign-in page. */
export function SignIn({ problem, isOpening, onKey }: Props) {
  const [key, setKey] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (key.trim() !== "") onKey(key.trim());
  };
  return (
    <main className="sign-in">
      <form className="sign-in-card" onSubmit={submit}>
        <img src={`${base}/signalbox.svg`} alt="" width={40} height={40} />
        <h1>Signalbox</h1>
        <p className="soft">Sign in with an API key of your project.</p>
        <Field
          label="API key"
          error={problem ?? undefined}
          hint="The admin key was shown in the terminal when the hub first started."
        >
          <input
            type="password"
            autoComplete="off"
            spellCheck={false}
            value={key}
            onChange={(event) => setKey(event.target.value)}
            // biome-ignore lint/a11y/noAutofocus: it is the page's only purpose
            autoFocus
          />
        </Field>
        <Button type="submit" look="primary" isBusy={isOpening} disabled={key.trim() === ""}>
          Sign in
        </Button>
        <p className="sign-in-note faint">
          The key is sent once and kept out of this page: a cookie that no script can read stands
          for it, at most 7 days. To create another key:{" "}
          <code>npx signalbox key create default NAME ADMIN</code>
        </p>
      </form>
    </main>
  );
}
