import { graphql } from "../gql/graphql.ts";
import { useLiveQuery } from "../live/useLiveQuery.ts";
import { ExternalLink } from "../ui/layout/ExternalLink.tsx";

const TraceUrlDocument = graphql(`
  query TraceUrl {
    hub { traceUrl }
  }
`);

/** The id of a trace; a link when the hub knows the page that shows traces. */
export function Trace({ id }: { id: string }) {
  const { data } = useLiveQuery(TraceUrlDocument, {}, () => false);
  const template = data?.hub.traceUrl;
  const shown = <code>{id}</code>;
  if (!template) return shown;
  return <ExternalLink to={template.replaceAll("{traceId}", id)}>{shown}</ExternalLink>;
}
