import { graphql } from "../gql/graphql.ts";
import { useLiveQuery } from "../live/useLiveQuery.ts";
import { JsonTree } from "../ui/json/JsonTree.tsx";
import { Facts } from "../ui/layout/Facts.tsx";
import { Pager, usePlace } from "../ui/layout/Pager.tsx";
import { Failure, Loading } from "../ui/Notice.tsx";
import { Moment } from "../ui/time/Time.tsx";
import { PressItem } from "./PressItem.tsx";
import { PressRow } from "./pressRow.ts";
import "./ActionDetail.css";

const ActionDocument = graphql(
  `
  query Action($id: ID!, $after: String) {
    action(id: $id) {
      id key url external repeat meta expiresAt
      presses(first: 10, after: $after) {
        nodes { ...PressRow }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
`,
  [PressRow],
);

/** What an action sends, and its presses, newest first. */
export function ActionDetail({ id }: { id: string }) {
  const place = usePlace(id);
  const { data, error, isLoading, refresh } = useLiveQuery(
    ActionDocument,
    { id, after: place.after },
    (changed) => changed.id === id,
  );
  if (isLoading) return <Loading rows={2} />;
  if (error && !data) return <Failure error={error} onRetry={refresh} />;
  const action = data?.action;
  if (!action)
    return <p className="action-detail soft">No longer available: removed by retention.</p>;
  const { key, url, external, repeat, meta, expiresAt, presses } = action;
  return (
    <div className="action-detail">
      <Facts
        facts={[
          [external ? "Opens" : "Calls", <code key="url">{url}</code>, "wide"],
          ["Key", key !== null && <code key="key">{key}</code>],
          ["Expires", <Moment key="expires" at={expiresAt} />],
          ["Repeatable", external ? null : repeat ? "Yes" : "No"],
        ]}
      />
      {meta !== null && (
        <div>
          <h3>Metadata</h3>
          <JsonTree value={meta} />
        </div>
      )}
      {!external && (
        <div className="action-presses">
          <h3>Presses</h3>
          {presses.nodes.length === 0 && <p className="soft">Not pressed yet.</p>}
          <ol className="presses">
            {presses.nodes.map((press) => (
              <PressItem key={press.id} press={press} />
            ))}
          </ol>
          <Pager place={place} pageInfo={presses.pageInfo} />
        </div>
      )}
    </div>
  );
}
