import { useMay } from "../session/session.ts";
import { Page } from "../ui/layout/Page.tsx";
import { Empty } from "../ui/Notice.tsx";
import { EventTypeForm } from "./EventTypeForm.tsx";

const empty = { name: "", description: "", schema: "", example: "" };

/** Registers an event type. */
export function NewEventTypePage() {
  const may = useMay();
  if (!may.administer) return <Empty title="Registering event types requires an ADMIN key." />;
  return (
    <Page title="New event type" back={{ to: "/types", label: "Event types" }}>
      <EventTypeForm draft={empty} isNew />
    </Page>
  );
}
