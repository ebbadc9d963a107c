import { Pencil, Plus } from "lucide-react";
import { useState } from "react";
import { useLocation, useSearchParams } from "wouter";
import { useLiveQuery } from "../live/useLiveQuery.ts";
import { Button } from "../ui/Button.tsx";
import { Facts } from "../ui/layout/Facts.tsx";
import { Page, Section } from "../ui/layout/Page.tsx";
import { Empty, Failure, Loading } from "../ui/Notice.tsx";
import { RoleButton } from "../ui/role/RoleButton.tsx";
import { pathOfNew } from "./paths.ts";
import { ResourceList } from "./ResourceList.tsx";
import { ResourceTypeForm } from "./ResourceTypeForm.tsx";
import { type ResourceType, ResourceTypesDocument } from "./resourceTypes.ts";
import "./ResourcesPage.css";

/** The types of resources, and the resources of one of them. */
export function ResourcesPage() {
  const [params, setParams] = useSearchParams();
  const [, navigate] = useLocation();
  const [edited, setEdited] = useState<ResourceType | "new" | null>(null);
  const { data, error, isLoading, refresh } = useLiveQuery(ResourceTypesDocument, {}, () => false);
  const types = data?.resourceTypes ?? [];
  const type = types.find(({ name }) => name === params.get("type")) ?? types[0];
  const choose = (name: string) => setParams({ type: name }, { replace: true });
  const register = (
    <RoleButton needs="ADMIN" look={type ? "plain" : "primary"} onClick={() => setEdited("new")}>
      <Plus size={14} /> <span>New type</span>
    </RoleButton>
  );
  const tools = (
    <>
      {register}
      {type && (
        <RoleButton needs="ADMIN" look="primary" onClick={() => navigate(pathOfNew(type.name))}>
          <Plus size={14} /> <span>New resource</span>
        </RoleButton>
      )}
    </>
  );
  return (
    <Page title="Resources" tools={type && tools}>
      {isLoading && <Loading />}
      {error && !data && <Failure error={error} onRetry={refresh} />}
      {data && !type && (
        <Empty title="No resource types yet.">
          <p>
            Resources are the things that events are about. The hub stores them so that hooks can
            send them in full.
          </p>
          {register}
        </Empty>
      )}
      {types.length > 1 && (
        <fieldset className="resource-types">
          <legend className="unseen">Type</legend>
          {types.map(({ id, name }) => (
            <Button
              key={id}
              look="quiet"
              aria-pressed={name === type?.name}
              onClick={() => choose(name)}
            >
              {name}
            </Button>
          ))}
        </fieldset>
      )}
      {type && (
        <Section
          title={type.name}
          tools={
            <RoleButton needs="ADMIN" look="quiet" onClick={() => setEdited(type)}>
              <Pencil size={14} /> <span>Edit events</span>
            </RoleButton>
          }
        >
          <Facts
            facts={[
              ["Event on create", <code key="created">{type.createdEvent}</code>],
              ["Event on update", type.updatedEvent && <code>{type.updatedEvent}</code>],
              ["Event on delete", type.deletedEvent && <code>{type.deletedEvent}</code>],
            ]}
          />
          <ResourceList key={type.name} type={type.name} />
        </Section>
      )}
      {edited !== null && (
        <ResourceTypeForm
          given={edited === "new" ? null : edited}
          onClose={() => setEdited(null)}
          onSaved={(name) => {
            setEdited(null);
            refresh();
            choose(name);
          }}
        />
      )}
    </Page>
  );
}
