import { X } from "lucide-react";
import { useDeferredValue, useId, useState } from "react";
import { useQuery } from "urql";
import { graphql } from "../gql/graphql.ts";
import { Button } from "../ui/Button.tsx";

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

type Props = { hookId: string | null; onChange: (id: string | null) => void };

/** Selects a hook, searched by name or URL as you type. */
export function HookChoice({ hookId, onChange }: Props) {
  return hookId === null ? (
    <Search onChange={onChange} />
  ) : (
    <Chosen id={hookId} onChange={onChange} />
  );
}

function Chosen({ id, onChange }: { id: string; onChange: Props["onChange"] }) {
  const [{ data }] = useQuery({ query: ChosenDocument, variables: { id } });
  const name = data?.hook?.name ?? data?.hook?.url ?? "One hook";
  return (
    <Button className="hook-choice" title="All hooks" onClick={() => onChange(null)}>
      <span className="line">{name}</span> <X size={14} aria-label="All hooks" />
    </Button>
  );
}

function Search({ onChange }: { onChange: Props["onChange"] }) {
  const list = useId();
  const [text, setText] = useState("");
  const search = useDeferredValue(text);
  const [{ data }] = useQuery({
    query: ChoicesDocument,
    variables: { search: search || null },
    requestPolicy: "cache-and-network",
  });
  const hooks = data?.hooks.nodes ?? [];
  const write = (value: string) => {
    setText(value);
    const chosen = hooks.find(({ name, url }) => (name ?? url) === value);
    if (chosen) onChange(chosen.id);
  };
  return (
    <>
      <input
        type="search"
        list={list}
        aria-label="Hook"
        placeholder="All hooks"
        value={text}
        onChange={({ target }) => write(target.value)}
      />
      <datalist id={list}>
        {hooks.map(({ id, name, url }) => (
          <option key={id} value={name ?? url} label={name === null ? undefined : url} />
        ))}
      </datalist>
    </>
  );
}
