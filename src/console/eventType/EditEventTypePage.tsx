import { useQuery } from "urql";
import { useSearchParams } from "wouter";
import { graphql, type Json } from "../gql/graphql.ts";
import { useBarred } from "../session/session.ts";
import { Page } from "../ui/layout/Page.tsx";
import { Empty, Failure, Loading } from "../ui/Notice.tsx";
import { EventTypeForm } from "./EventTypeForm.tsx";
import { pathOfType } from "./paths.ts";

const EditDocument = graphql(`
  query EditEventType($name: String!) {
    eventType(name: $name) { id name description schema example }
  }
`);

const textOf = (value: Json) => (value === null ? "" : JSON.stringify(value, null, 2));

/** Registers the next version of a type, starting from the current one. */
export function EditEventTypePage() {
  const [params] = useSearchParams();
  const name = params.get("name") ?? "";
  const barred = useBarred("ADMIN", "Registering event types");
  const [{ data, error, fetching }, read] = useQuery({
    query: EditDocument,
    variables: { name },
    requestPolicy: "network-only",
  });
  const type = data?.eventType;
  if (barred !== null) return <Empty title={barred} />;
  if (error && !data) return <Failure error={error} onRetry={() => read()} />;
  if (fetching && !data) return <Loading />;
  if (!type) return <Empty title="Event type not found." />;
  const draft = {
    name,
    description: type.description ?? "",
    schema: textOf(type.schema),
    example: textOf(type.example),
  };
  return (
    <Page title={`Next version of ${name}`} back={{ to: pathOfType(name), label: name }}>
      <EventTypeForm draft={draft} isNew={false} />
    </Page>
  );
}
