import { useQuery } from "urql";
import { BodyText } from "../../delivery/BodyText.tsx";
import { graphql } from "../../gql/graphql.ts";
import { Field } from "../../ui/Field.tsx";
import { formatter } from "../../ui/time/formatter.ts";
import { Ago } from "../../ui/time/Time.tsx";
import { useTimeZone } from "../../ui/time/timeZone.ts";
import { PreviewVariables } from "./PreviewVariables.tsx";
import type { Trial, useWorkflowPreview } from "./useWorkflowPreview.ts";
import "./WorkflowPreview.css";

const RecentEventsDocument = graphql(`
  query RecentEvents($type: String!) {
    events(types: [$type], first: 20) { nodes { id name userId occurredAt } }
  }
`);

type Props = {
  preview: ReturnType<typeof useWorkflowPreview>;
  eventType: string;
  workflowId: string | null;
  trial: Trial;
  onTrial: (trial: Trial) => void;
};

const moment = formatter({ dateStyle: "medium", timeStyle: "medium" });

type Tried = NonNullable<NonNullable<Props["preview"]>["steps"]>[number];

function TriedStep({ step, number }: { step: Tried; number: number }) {
  const headers =
    typeof step.headers === "object" && step.headers !== null ? Object.entries(step.headers) : [];
  return (
    <li className="workflow-tried">
      <h3>
        <span className="step-number">{number}</span>
        <span className="line">{step.id}</span>
      </h3>
      {step.error !== null && <p className="field-error">{step.error}</p>}
      {step.url !== null && (
        <code className="workflow-tried-call">
          <strong>{step.method}</strong> {step.url}
        </code>
      )}
      {headers.length > 0 && (
        <code className="workflow-tried-call soft">
          {headers.map(([name, value]) => (
            <span key={name}>
              {name}: {String(value)}
            </span>
          ))}
        </code>
      )}
      {step.body !== null && step.body !== "" && <BodyText title="Body" text={step.body} />}
    </li>
  );
}

/** What each step would send for a past event and a user's variables. */
export function WorkflowPreview({ preview, eventType, workflowId, trial, onTrial }: Props) {
  useTimeZone();
  const type = eventType.trim();
  const [{ data }] = useQuery({
    query: RecentEventsDocument,
    variables: { type },
    pause: type === "",
  });
  const events = type === "" ? [] : (data?.events.nodes ?? []);
  return (
    <aside className="workflow-preview" aria-label="Preview">
      <h2>Preview</h2>
      <Field label="Event" hint={events.length === 0 ? "No events of this type yet." : ""}>
        <select
          value={trial.eventId ?? ""}
          onChange={({ target }) => onTrial({ ...trial, eventId: target.value || null })}
        >
          <option value="">{events.length === 0 ? "Empty event" : "The newest"}</option>
          {events.map((event) => (
            <option key={event.id} value={event.id}>
              {event.name} · {moment(event.occurredAt)}
            </option>
          ))}
        </select>
      </Field>
      <PreviewVariables
        workflowId={workflowId}
        text={trial.variables}
        error={preview?.userErrors.find(({ path }) => path[0] === "variables")?.message}
        onChange={(variables) => onTrial({ ...trial, variables })}
      />
      {!preview && (
        <p className="soft">
          Enter an event type and a URL to see what each step would send. Nothing is sent.
        </p>
      )}
      {preview && preview.steps === null && (
        <p className="soft">A step has an error; see its field.</p>
      )}
      {preview?.steps && preview.event && (
        <p className="soft">
          For {preview.event.name}, <Ago at={preview.event.occurredAt} />:
        </p>
      )}
      <ol className="workflow-trials">
        {preview?.steps?.map((step, index) => (
          <TriedStep key={step.id} step={step} number={index + 1} />
        ))}
      </ol>
    </aside>
  );
}
