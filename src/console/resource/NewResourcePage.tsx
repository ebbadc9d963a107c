import { useLocation, useSearchParams } from "wouter";
import { graphql, type Json } from "../gql/graphql.ts";
import { dropDraft } from "../kept/useDraft.ts";
import { useBarred } from "../session/session.ts";
import { Page } from "../ui/layout/Page.tsx";
import { Empty } from "../ui/Notice.tsx";
import { useAct } from "../ui/useAct.ts";
import { pathOfResource, pathOfType } from "./paths.ts";
import { ResourceForm } from "./ResourceForm.tsx";

const CreateDocument = graphql(`
  mutation CreateResource($input: CreateResourceInput!) {
    createResource(input: $input) {
      resource { id type resourceId }
      userErrors { code message path }
    }
  }
`);

/** Creates a resource, which emits its type's event. */
export function NewResourcePage() {
  const [params] = useSearchParams();
  const type = params.get("type") ?? "";
  const [, navigate] = useLocation();
  const create = useAct(CreateDocument, { showsUserErrors: true });
  const barred = useBarred("ADMIN", "Creating resources");
  if (barred !== null) return <Empty title={barred} />;
  if (type === "") return <Empty title="The address names no resource type." />;
  const submit = async (attributes: Json, resourceId: string | null) => {
    const input = { type, attributes, ...(resourceId !== null && { resourceId }) };
    const answer = await create.run({ input }, "The resource is created and its event emitted.");
    if (!answer?.resource) return;
    dropDraft();
    navigate(pathOfResource(type, answer.resource.resourceId));
  };
  return (
    <Page title={`New resource of ${type}`} back={{ to: pathOfType(type), label: type }}>
      <ResourceForm
        attributes={{}}
        isNew
        userErrors={create.userErrors}
        isBusy={create.isRunning}
        done="Create"
        onSubmit={submit}
      />
    </Page>
  );
}
