import { useQuery } from "urql";
import { useLocation, useSearchParams } from "wouter";
import { graphql, type Json } from "../gql/graphql.ts";
import { dropDraft } from "../kept/useDraft.ts";
import { useBarred } from "../session/session.ts";
import { Page } from "../ui/layout/Page.tsx";
import { Empty, Failure, Loading } from "../ui/Notice.tsx";
import { useAct } from "../ui/useAct.ts";
import { pathOfResource } from "./paths.ts";
import { ResourceForm } from "./ResourceForm.tsx";

const EditDocument = graphql(`
  query EditResource($type: String!, $id: String!) {
    resource(type: $type, resourceId: $id) { id attributes }
  }
`);

const UpdateDocument = graphql(`
  mutation UpdateResource($type: String!, $id: String!, $attributes: JSON!) {
    updateResource(type: $type, resourceId: $id, attributes: $attributes) {
      resource { id }
      userErrors { code message path }
    }
  }
`);

/**
 * Edits a resource, which emits its type's event. Starts from the state when the page was opened.
 */
export function EditResourcePage() {
  const [params] = useSearchParams();
  const type = params.get("type") ?? "";
  const id = params.get("id") ?? "";
  const [{ data, error, fetching }, read] = useQuery({
    query: EditDocument,
    variables: { type, id },
    requestPolicy: "network-only",
  });
  const [, navigate] = useLocation();
  const update = useAct(UpdateDocument, { showsUserErrors: true });
  const barred = useBarred("ADMIN", "Changing resources");
  if (barred !== null) return <Empty title={barred} />;
  if (error && !data) return <Failure error={error} onRetry={() => read()} />;
  if (fetching && !data) return <Loading />;
  const resource = data?.resource;
  if (!resource) return <Empty title="Resource not found." />;
  const submit = async (attributes: Json) => {
    const answer = await update.run(
      { type, id, attributes },
      "The resource is updated and its event emitted.",
    );
    if (!answer) return;
    dropDraft();
    navigate(pathOfResource(type, id));
  };
  return (
    <Page
      title={`Edit ${id} of ${type}`}
      back={{ to: pathOfResource(type, id), label: `${id} of ${type}` }}
    >
      <ResourceForm
        key={resource.id}
        attributes={resource.attributes}
        isNew={false}
        userErrors={update.userErrors}
        isBusy={update.isRunning}
        done="Save"
        onSubmit={submit}
      />
    </Page>
  );
}
