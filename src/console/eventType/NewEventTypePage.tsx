import { useBarred } from "../session/session.ts";
import { Page } from "../ui/layout/Page.tsx";
import { Empty } from "../ui/Notice.tsx";
import { EventTypeForm } from "./EventTypeForm.tsx";

const empty = { name: "", description: "", schema: "", example: "" };

/** Registers an event type. */
export function NewEventTypePage() {
  const barred = useBarred("ADMIN", "Registering event types");
  if (barred !== null) return <Empty title={barred} />;
  return (
    <Page title="New event type" back={{ to: "/types", label: "Event types" }}>
      <EventTypeForm draft={empty} isNew />
    </Page>
  );
}
