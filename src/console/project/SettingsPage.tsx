import { Catalogs } from "../eventType/Catalogs.tsx";
import { graphql } from "../gql/graphql.ts";
import { useLiveQuery } from "../live/useLiveQuery.ts";
import { useMay } from "../session/session.ts";
import { Facts } from "../ui/layout/Facts.tsx";
import { Page, Section } from "../ui/layout/Page.tsx";
import { Failure, Loading } from "../ui/Notice.tsx";
import { RoleNote } from "../ui/role/RoleNote.tsx";
import { Moment } from "../ui/time/Time.tsx";
import { About } from "./About.tsx";
import { ApiKeys } from "./ApiKeys.tsx";
import { ProjectName } from "./ProjectName.tsx";
import { ProjectSwitch } from "./ProjectSwitch.tsx";
import { SigningSecret } from "./SigningSecret.tsx";
import "./SettingsPage.css";

const ProjectDocument = graphql(`
  query Project {
    viewer {
      project { id name slug source requireRegisteredTypes systemEvents createdAt }
    }
  }
`);

/** The project's settings and its keys. */
export function SettingsPage() {
  const { data, error, isLoading, refresh } = useLiveQuery(ProjectDocument, {}, () => false);
  const may = useMay();
  const project = data?.viewer.project;
  if (isLoading) return <Loading />;
  if (error && !project) return <Failure error={error} onRetry={refresh} />;
  if (!project) return null;
  return (
    <Page title="Settings">
      <Section title="Project">
        <Facts
          facts={[
            ["Name", may.administer ? null : project.name],
            ["Slug", <code key="slug">{project.slug}</code>],
            ["CloudEvents source", <code key="source">{project.source}</code>, "wide"],
            ["Created", <Moment key="made" at={project.createdAt} />],
            [
              "Events of unregistered types",
              may.administer ? null : project.requireRegisteredTypes ? "Rejected" : "Accepted",
            ],
            ["System events", may.administer ? null : project.systemEvents ? "Recorded" : "Off"],
          ]}
        />
        <RoleNote
          needs="ADMIN"
          what="Changing settings, or seeing the signing secret and the API keys,"
        />
        {may.administer && (
          <>
            <ProjectName key={project.name} name={project.name} onSaved={refresh} />
            <ProjectSwitch setting="requireRegisteredTypes" given={project.requireRegisteredTypes}>
              Reject events of unregistered types
              <span className="faint">
                : otherwise they are accepted, and their data is not checked.
              </span>
            </ProjectSwitch>
            <ProjectSwitch setting="systemEvents" given={project.systemEvents}>
              Record what the hub does with events
              <span className="faint">
                {" "}
                as events that hooks can take: <code>resthook_called</code>,{" "}
                <code>webhook_called</code> and <code>error</code>.
              </span>
            </ProjectSwitch>
          </>
        )}
      </Section>
      {may.administer && <SigningSecret />}
      {may.administer && <ApiKeys />}
      <Catalogs />
      <About />
    </Page>
  );
}
