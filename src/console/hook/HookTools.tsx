import { Ellipsis, FlaskConical, History, RotateCw, Zap } from "lucide-react";
import { useState } from "react";
import { useLocation } from "wouter";
import { useBarred, useMay } from "../session/session.ts";
import { Button } from "../ui/Button.tsx";
import { Menu } from "../ui/layout/Menu.tsx";
import { RoleButton } from "../ui/role/RoleButton.tsx";
import { RoleNote } from "../ui/role/RoleNote.tsx";
import { BackfillHook } from "./BackfillHook.tsx";
import { DeleteHook } from "./DeleteHook.tsx";
import { HookSwitch } from "./HookSwitch.tsx";
import { ReplayHook } from "./ReplayHook.tsx";
import { RotateSecret } from "./RotateSecret.tsx";
import { TestHook } from "./TestHook.tsx";
import { TriggerHook } from "./TriggerHook.tsx";

type Props = {
  hook: {
    id: string;
    name: string | null;
    url: string;
    status: string;
    format: string;
    types: string[];
    parkedCount: number;
  };
};
type Opened = "test" | "replay" | "backfill" | "trigger" | "rotate" | "delete" | null;

/** The buttons of a hook; one sentence for who may press none of them. */
export function HookTools({ hook }: Props) {
  const may = useMay();
  const barred = useBarred("ADMIN");
  const [, navigate] = useLocation();
  const [opened, setOpened] = useState<Opened>(null);
  const { id, status, types } = hook;
  if (status === "DELETED") return null;
  if (!may.operate)
    return <RoleNote needs="OPERATOR" what="Testing, replaying or pausing this hook" />;
  const close = () => setOpened(null);
  // Triggering needs an exact type; patterns name none.
  const type = types.find((it) => !it.endsWith("*"));
  return (
    <>
      {type !== undefined && (
        <RoleButton needs="ADMIN" onClick={() => setOpened("trigger")}>
          <Zap size={14} /> <span>Trigger</span>
        </RoleButton>
      )}
      {status === "ACTIVE" && (
        <Button onClick={() => setOpened("test")}>
          <FlaskConical size={14} /> <span>Test</span>
        </Button>
      )}
      <Button onClick={() => setOpened("replay")}>
        <RotateCw size={14} /> <span>Replay</span>
      </Button>
      {status !== "PENDING_VERIFICATION" && (
        <Button onClick={() => setOpened("backfill")}>
          <History size={14} /> <span>Backfill</span>
        </Button>
      )}
      <HookSwitch id={id} status={status} parkedCount={hook.parkedCount} />
      <RoleButton needs="ADMIN" onClick={() => navigate(`/hooks/${id}/edit`)}>
        Edit
      </RoleButton>
      <Menu
        trigger={<Button aria-label="More" />}
        items={[
          { label: "Rotate the secret…", act: () => setOpened("rotate"), barred },
          { label: "Delete…", act: () => setOpened("delete"), isDanger: true, barred },
        ]}
      >
        <Ellipsis size={16} />
      </Menu>
      {opened === "test" && <TestHook id={id} type={type} format={hook.format} onClose={close} />}
      {opened === "backfill" && <BackfillHook hookId={id} onClose={close} />}
      {opened === "replay" && <ReplayHook hookId={id} onClose={close} />}
      {opened === "trigger" && type !== undefined && (
        <TriggerHook id={id} type={type} format={hook.format} onClose={close} />
      )}
      {opened === "rotate" && <RotateSecret id={id} onClose={close} />}
      {opened === "delete" && <DeleteHook id={id} name={hook.name ?? hook.url} onClose={close} />}
    </>
  );
}
