import { Bookmark } from "lucide-react";
import { type FormEvent, useId, useState } from "react";
import { useSearchParams } from "wouter";
import { useSession } from "../session/session.ts";
import { Button } from "../ui/Button.tsx";
import { Field } from "../ui/Field.tsx";
import { Menu } from "../ui/layout/Menu.tsx";
import { Modal } from "../ui/Modal.tsx";
import { forgetView, savedViews, saveView, type ViewsOf } from "./savedViews.ts";

/** The saved filters of a list: opens one, saves the present one under a name, or forgets it. */
export function SavedViews({ page }: { page: string }) {
  const { viewer } = useSession();
  const of: ViewsOf = { projectId: viewer.project.id, page };
  const [params, setParams] = useSearchParams();
  const [views, setViews] = useState(() => savedViews(of));
  const [isNaming, setIsNaming] = useState(false);
  const address = params.toString();
  const shown = views.find((view) => view.address === address);
  const read = () => setViews(savedViews(of));
  const forget = () => {
    if (shown) forgetView(of, shown);
    read();
  };
  return (
    <>
      {/* Another tab may have saved one. */}
      <Menu
        trigger={<Button />}
        items={[
          ...views.map(({ name, address: to }) => ({
            id: `view ${name}`,
            label: name,
            act: () => setParams(new URLSearchParams(to)),
          })),
          {
            label: address === "" ? "Filter the list to save a view" : "Save this view…",
            act: () => setIsNaming(true),
            isDisabled: address === "",
          },
          ...(shown ? [{ label: "Forget this view", act: forget, isDanger: true }] : []),
        ]}
        onOpen={read}
      >
        <Bookmark size={14} /> <span className="line">{shown?.name ?? "Views"}</span>
      </Menu>
      {isNaming && (
        <NameView
          onClose={() => setIsNaming(false)}
          onName={(name) => {
            saveView(of, { name, address });
            read();
            setIsNaming(false);
          }}
        />
      )}
    </>
  );
}

type NameProps = { onName: (name: string) => void; onClose: () => void };

function NameView({ onName, onClose }: NameProps) {
  const form = useId();
  const [name, setName] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() !== "") onName(name.trim());
  };
  return (
    <Modal
      title="Save this view"
      isOpen
      onClose={onClose}
      foot={
        <Button type="submit" form={form} look="primary" disabled={name.trim() === ""}>
          Save
        </Button>
      }
    >
      <form id={form} onSubmit={submit}>
        <Field label="Name" hint="Kept in this browser. One of the same name is replaced.">
          <input
            value={name}
            maxLength={60}
            autoComplete="off"
            onChange={({ target }) => setName(target.value)}
          />
        </Field>
      </form>
    </Modal>
  );
}
