import { Combobox } from "@base-ui/react/combobox";
import { Check, X } from "lucide-react";
import { useDeferredValue, useState } from "react";
import { useQuery } from "urql";
import { graphql } from "../gql/graphql.ts";
import "../ui/layout/Menu.css";
import "./HookChoice.css";

const ChoicesDocument = graphql(`
  query HookChoices($search: String) {
    hooks(first: 20, search: $search) { nodes { id name url } }
  }
`);

const ChosenDocument = graphql(`
  query ChosenHook($id: ID!) {
    hook(id: $id) { id name url }
  }
`);

/** A chosen hook, with a button that removes it. */
function Chip({ id }: { id: string }) {
  const [{ data }] = useQuery({ query: ChosenDocument, variables: { id } });
  const name = data?.hook?.name ?? data?.hook?.url ?? "One hook";
  return (
    <Combobox.Chip className="hook-chip" aria-label={name}>
      <span className="line">{name}</span>
      <Combobox.ChipRemove className="hook-chip-remove" aria-label={`Without ${name}`}>
        <X size={12} />
      </Combobox.ChipRemove>
    </Combobox.Chip>
  );
}

type Props = {
  hookIds: string[];
  /** Whether another choice takes the place of the one before. */
  isOne?: boolean;
  onChange: (ids: string[]) => void;
};

/** Selects hooks, searched by name or URL as you type. Nothing is chosen until an item of the list is. */
export function HookChoice({ hookIds, isOne = false, onChange }: Props) {
  const [text, setText] = useState("");
  const search = useDeferredValue(text.trim());
  const [{ data, fetching }] = useQuery({
    query: ChoicesDocument,
    variables: { search: search || null },
    requestPolicy: "cache-and-network",
  });
  const hooks = data?.hooks.nodes ?? [];
  const choose = (ids: string[]) => {
    setText("");
    onChange(isOne ? ids.slice(-1) : ids);
  };
  return (
    <Combobox.Root
      items={hooks.map(({ id }) => id)}
      filter={null}
      multiple
      autoHighlight
      value={hookIds}
      onValueChange={(ids, { reason }) => {
        // Escape would take away what was chosen.
        if (reason !== "escape-key") choose(ids);
      }}
      inputValue={text}
      onInputValueChange={setText}
    >
      <Combobox.InputGroup className="hook-choice">
        <Combobox.Chips className="hook-chips">
          {hookIds.map((id) => (
            <Chip key={id} id={id} />
          ))}
          <Combobox.Input
            aria-label={isOne ? "Hook" : "Hooks"}
            placeholder={hookIds.length > 0 ? "" : isOne ? "Name or URL" : "All hooks"}
            className="hook-choice-text"
          />
        </Combobox.Chips>
      </Combobox.InputGroup>
      <Combobox.Portal>
        <Combobox.Positioner className="menu-place" sideOffset={4} align="start">
          <Combobox.Popup className="menu hook-choices">
            <Combobox.Empty>
              {hooks.length === 0 && !fetching && <p className="soft">No hook has this text.</p>}
            </Combobox.Empty>
            <Combobox.List>
              {hooks.map(({ id, name, url }) => (
                <Combobox.Item key={id} value={id} className="menu-item hook-choice-item">
                  <span className="line">{name ?? url}</span>
                  {name !== null && <span className="line faint">{url}</span>}
                  <Combobox.ItemIndicator className="hook-choice-mark">
                    <Check size={14} />
                  </Combobox.ItemIndicator>
                </Combobox.Item>
              ))}
            </Combobox.List>
          </Combobox.Popup>
        </Combobox.Positioner>
      </Combobox.Portal>
    </Combobox.Root>
  );
}
