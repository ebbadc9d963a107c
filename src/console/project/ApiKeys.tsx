import type { ResultOf } from "gql.tada";
import { Plus } from "lucide-react";
import { useState } from "react";
import { graphql } from "../gql/graphql.ts";
import { useLiveQuery } from "../live/useLiveQuery.ts";
import { useSession } from "../session/session.ts";
import { Button } from "../ui/Button.tsx";
import { Badge, statusText } from "../ui/layout/Badge.tsx";
import { Section } from "../ui/layout/Page.tsx";
import { type Column, Table } from "../ui/layout/Table.tsx";
import { Failure, Loading } from "../ui/Notice.tsx";
import { Ago } from "../ui/time/Time.tsx";
import { NewApiKey } from "./NewApiKey.tsx";
import { RevokeApiKey } from "./RevokeApiKey.tsx";

const ApiKeysDocument = graphql(`
  query ApiKeys {
    apiKeys { id name role prefix createdAt lastUsedAt revokedAt }
  }
`);

/** Keys shown at first; there may be thousands, including revoked ones. */
const PAGE = 25;

type Key = ResultOf<typeof ApiKeysDocument>["apiKeys"][number];

/** The API keys of the project. */
export function ApiKeys() {
  const { viewer } = useSession();
  const { data, error, isLoading, refresh } = useLiveQuery(ApiKeysDocument, {}, () => false);
  const [isMaking, setIsMaking] = useState(false);
  const [shown, setShown] = useState(PAGE);
  const [revoking, setRevoking] = useState<Key | null>(null);
  const columns: Column<Key>[] = [
    { title: "Name", cell: ({ name }) => name },
    { title: "Role", cell: ({ role }) => statusText(role) },
    { title: "Prefix", cell: ({ prefix }) => <code>{prefix}…</code> },
    {
      title: "Last used",
      cell: ({ lastUsedAt }) => (lastUsedAt === null ? "Never" : <Ago at={lastUsedAt} />),
    },
    { title: "Created", cell: ({ createdAt }) => <Ago at={createdAt} /> },
    {
      title: "Status",
      cell: ({ id, revokedAt }) => {
        if (revokedAt !== null) return <Badge state="REVOKED" />;
        return <Badge state="ACTIVE" label={id === viewer.key.id ? "This key" : undefined} />;
      },
    },
    {
      title: "Actions",
      isNumber: true,
      cell: (key) =>
        key.revokedAt === null &&
        key.id !== viewer.key.id && (
          <Button look="danger" onClick={() => setRevoking(key)}>
            Revoke<span className="unseen"> {key.name}</span>
          </Button>
        ),
    },
  ];
  const make = (
    <Button onClick={() => setIsMaking(true)}>
      <Plus size={14} /> <span>New key</span>
    </Button>
  );
  return (
    <Section title="API keys" tools={make}>
      {isLoading && <Loading rows={3} />}
      {error && !data && <Failure error={error} onRetry={refresh} />}
      {data && <Table label="API keys" columns={columns} rows={data.apiKeys.slice(0, shown)} />}
      {data && data.apiKeys.length > shown && (
        <Button look="quiet" onClick={() => setShown(shown + 10 * PAGE)}>
          {data.apiKeys.length - shown} older ones
        </Button>
      )}
      {isMaking && <NewApiKey onMade={refresh} onClose={() => setIsMaking(false)} />}
      {revoking && (
        <RevokeApiKey
          apiKey={revoking}
          onClose={() => {
            setRevoking(null);
            refresh();
          }}
        />
      )}
    </Section>
  );
}
