import { useState } from "react";
import { useQuery } from "urql";
import { useLocation } from "wouter";
import { base } from "../base.ts";
import { graphql } from "../gql/graphql.ts";
import { UpdateProjectDocument } from "../project/updateProject.ts";
import { Button } from "../ui/Button.tsx";
import { Field } from "../ui/Field.tsx";
import { Modal } from "../ui/Modal.tsx";
import { toast } from "../ui/Toasts.tsx";
import { useAct } from "../ui/useAct.ts";
import { type AlertService, alertServices, alertTypes, isAlertService } from "./alertServices.ts";

const SystemEventsDocument = graphql("{ viewer { project { systemEvents } } }");

const AlertDocument = graphql(`
  mutation CreateAlert($input: RegisterHookInput!) {
    registerHook(input: $input) {
      hook { id }
      userErrors { code message path }
    }
  }
`);

/** Makes a hook that tells a service when other hooks fail, are disabled and work again. */
export function NewAlert({ onClose }: { onClose: () => void }) {
  const [id, setId] = useState<keyof typeof alertServices>("SLACK");
  const [given, setGiven] = useState("");
  const [problem, setProblem] = useState<string>();
  const [tried, setTried] = useState(id);
  const [, navigate] = useLocation();
  const [{ data, fetching }] = useQuery({
    query: SystemEventsDocument,
    variables: {},
    requestPolicy: "network-only",
  });
  const register = useAct(AlertDocument, { showsUserErrors: true });
  const update = useAct(UpdateProjectDocument);
  const service: AlertService = alertServices[id];
  const isOff = data?.viewer.project.systemEvents === false;
  const refused = tried === id ? register.userErrors[0] : undefined;
  // Until it is known whether system events are on, an alert might be made that never tells anything.
  const isBusy = fetching || register.isRunning || update.isRunning;
  const create = async () => {
    if (isBusy) return;
    const text = given.trim();
    const wrong = service.problem(text);
    setProblem(wrong);
    if (wrong) return;
    setTried(id);
    const hooks = `${window.location.origin}${base}/hooks`;
    const answer = await register.run({
      input: { ...service.hookOf(text, hooks), types: alertTypes },
    });
    if (!answer?.hook) return;
    if (isOff && !(await update.run({ input: { systemEvents: true } }))) return;
    toast(`${service.name} is told of failing hooks.`);
    navigate(`/hooks/${answer.hook.id}`);
  };
  return (
    <Modal
      title="New alert"
      isOpen
      isForm
      onClose={onClose}
      foot={
        <Button look="primary" isBusy={isBusy} onClick={create}>
          Create alert
        </Button>
      }
    >
      <p className="soft">
        A hook that tells a service when another hook is failing, down, disabled or works again.
      </p>
      <Field label="Service">
        <select
          value={id}
          onChange={({ target }) => {
            if (isAlertService(target.value)) setId(target.value);
            setProblem(undefined);
          }}
        >
          {Object.entries(alertServices).map(([value, { name }]) => (
            <option key={value} value={value}>
              {name}
            </option>
          ))}
        </select>
      </Field>
      <Field label={service.label} hint={service.hint} error={problem ?? refused?.message}>
        <input
          value={given}
          placeholder={service.placeholder}
          spellCheck={false}
          autoComplete="off"
          onChange={({ target }) => setGiven(target.value)}
          onKeyDown={({ key }) => key === "Enter" && void create()}
        />
      </Field>
      {isOff && (
        <p className="soft" role="note">
          This project's system events are off. The alert turns them on: the hub then also stores
          events about its own calls.
        </p>
      )}
    </Modal>
  );
}
