import { graphql } from "../gql/graphql.ts";
import { useLiveQuery } from "../live/useLiveQuery.ts";
import { useMay } from "../session/session.ts";
import { Button } from "../ui/Button.tsx";
import { Badge } from "../ui/layout/Badge.tsx";
import { Section } from "../ui/layout/Page.tsx";
import { RoleNote } from "../ui/role/RoleNote.tsx";
import { useAct } from "../ui/useAct.ts";
import "./Catalogs.css";

const CatalogsDocument = graphql(`
  query Catalogs {
    catalogs { name description installed types { name } }
  }
`);

const InstallDocument = graphql(`
  mutation InstallCatalog($name: String!) {
    installCatalog(name: $name) {
      catalog { name installed }
      userErrors { code message path }
    }
  }
`);

/** The catalogues of event types, to be installed. */
export function Catalogs({ onInstalled }: { onInstalled?: () => void }) {
  const { data, refresh } = useLiveQuery(CatalogsDocument, {}, () => false);
  const install = useAct(InstallDocument);
  const may = useMay();
  const catalogs = data?.catalogs ?? [];
  if (catalogs.length === 0) return null;
  const add = async (name: string) => {
    if (!(await install.run({ name }, `${name} is installed.`))) return;
    refresh();
    onInstalled?.();
  };
  return (
    <Section title="Catalogues">
      <RoleNote needs="ADMIN" what="Installing a catalogue" />
      <ul className="catalogs">
        {catalogs.map(({ name, description, installed, types }) => (
          <li key={name} className="catalog">
            <div>
              <strong>{name}</strong> <span className="faint">{types.length} types</span>
              <p className="soft">{description}</p>
            </div>
            {installed && <Badge state="INSTALLED" />}
            {!installed && may.administer && (
              <Button isBusy={install.isRunning} onClick={() => add(name)}>
                Install<span className="unseen"> {name}</span>
              </Button>
            )}
          </li>
        ))}
      </ul>
    </Section>
  );
}
