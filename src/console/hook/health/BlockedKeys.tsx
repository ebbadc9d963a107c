import { SkipForward } from "lucide-react";
import { Link } from "wouter";
import { errorText } from "../../delivery/errorText.ts";
import { graphql } from "../../gql/graphql.ts";
import { useLiveQuery } from "../../live/useLiveQuery.ts";
import { useMay } from "../../session/session.ts";
import { ConfirmButton } from "../../ui/ConfirmButton.tsx";
import { Section } from "../../ui/layout/Page.tsx";
import { Pager, usePlace } from "../../ui/layout/Pager.tsx";
import { RoleNote } from "../../ui/role/RoleNote.tsx";
import { Ago } from "../../ui/time/Time.tsx";
import { useAct } from "../../ui/useAct.ts";
import "./BlockedKeys.css";

const BlockedKeysDocument = graphql(`
  query BlockedKeys($hookId: ID!, $after: String) {
    hook(id: $hookId) {
      id
      blockedKeys(first: 10, after: $after) {
        nodes { key waiting since delivery { id lastError event { id type } } }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
`);

const ReleaseDocument = graphql(`
  mutation ReleaseBlockedKey($hookId: ID!, $key: String!, $skip: Boolean!) {
    releaseBlockedKey(hookId: $hookId, key: $key, skip: $skip) {
      hook { id } userErrors { code message path }
    }
  }
`);

/** The keys of a hook whose deliveries wait for a person, with the buttons that free them; nothing if there are none. */
export function BlockedKeys({ hookId }: { hookId: string }) {
  const place = usePlace(hookId);
  const may = useMay();
  const release = useAct(ReleaseDocument);
  const { data } = useLiveQuery(
    BlockedKeysDocument,
    { hookId, after: place.after },
    (changed) =>
      changed.id === hookId || (changed.__typename === "Delivery" && changed.hook?.id === hookId),
  );
  const keys = data?.hook?.blockedKeys;
  if (!keys || (keys.nodes.length === 0 && place.after === null)) return null;
  return (
    <Section title="Blocked keys">
      <RoleNote needs="OPERATOR" what="Freeing a key" />
      <ul className="blocked-keys">
        {keys.nodes.map(({ key, waiting, since, delivery }) => (
          <li key={key} className="blocked-key">
            <div className="blocked-key-facts">
              <span>
                Key <code>{key}</code>
              </span>
              <span className="soft">
                {waiting.toLocaleString()} waiting behind{" "}
                <Link to={`/events/${delivery.event.id}`}>{delivery.event.type}</Link>, blocked{" "}
                <Ago at={since} />
              </span>
              {delivery.lastError !== null && (
                <span className="soft">{errorText(delivery.lastError)}</span>
              )}
            </div>
            {may.operate && (
              <div className="blocked-key-tools">
                <ConfirmButton
                  ask={{
                    title: "Try it again?",
                    text: `The delivery is sent again. If it arrives, the ${waiting.toLocaleString()} that wait behind it follow.`,
                    confirm: "Send it again",
                  }}
                  isBusy={release.isRunning}
                  onConfirm={() =>
                    release.run({ hookId, key, skip: false }, "The delivery is tried again.")
                  }
                >
                  Try again
                </ConfirmButton>
                <ConfirmButton
                  ask={{
                    title: "Skip it?",
                    text: `This delivery stays lost, and the ${waiting.toLocaleString()} that wait behind it are sent.`,
                    confirm: "Skip and go on",
                  }}
                  isBusy={release.isRunning}
                  onConfirm={() => release.run({ hookId, key, skip: true }, "The key goes on.")}
                >
                  <SkipForward size={14} /> <span>Skip</span>
                </ConfirmButton>
              </div>
            )}
          </li>
        ))}
      </ul>
      <Pager place={place} pageInfo={keys.pageInfo} />
    </Section>
  );
}
