import { ActionItem } from "../action/ActionItem.tsx";
import { ActionRow } from "../action/actionRow.ts";
import type { ActionEvent } from "../action/standing.ts";
import { graphql } from "../gql/graphql.ts";
import { useLiveQuery } from "../live/useLiveQuery.ts";
import { Section } from "../ui/layout/Page.tsx";
import { Failure } from "../ui/Notice.tsx";
import { RoleNote } from "../ui/role/RoleNote.tsx";

const ActionsDocument = graphql(
  `
  query EventActions($id: ID!) {
    event(id: $id) {
      id
      actions { ...ActionRow }
    }
  }
`,
  [ActionRow],
);

/** The buttons of an event with their presses; nothing if there are none. */
export function EventActions({ event }: { event: ActionEvent }) {
  const { data, error, refresh } = useLiveQuery(
    ActionsDocument,
    { id: event.id },
    (changed) => changed.__typename === "Action" && changed.event.id === event.id,
  );
  const actions = data?.event?.actions ?? [];
  if (actions.length === 0 && !error) return null;
  return (
    <Section title="Actions">
      {error && !data && <Failure error={error} onRetry={refresh} />}
      {actions.some(({ external }) => !external) && (
        <RoleNote needs="OPERATOR" what="Pressing a button" />
      )}
      <ul className="action-list">
        {actions.map((action) => (
          <ActionItem key={action.id} action={action} event={event} />
        ))}
      </ul>
    </Section>
  );
}
