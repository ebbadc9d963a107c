import { Ellipsis, FlaskConical, History, RotateCw, Zap } from "lucide-react";
import { useState } from "react";
import { useLocation } from "wouter";
import { useMay } from "../session/session.ts";
import { Button } from "../ui/Button.tsx";
import { Menu } from "../ui/layout/Menu.tsx";
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

/** The buttons of a hook that the key's role allows. */
export function HookTools({ hook }: Props) {
  const may = useMay();
  const [, navigate] = useLocation();
  const [opened, setOpened] = useState<Opened>(null);
  const { id, status, types } = hook;
  if (!may.operate || status === "DELETED") return null;
  const close = () => setOpened(null);
  // Triggering needs an exact type; patterns name none.
  const type = types.find((it) => !it.endsWith("*"));
  const operate = (
    <>
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
      {opened === "test" && <TestHook id={id} type={type} format={hook.format} onClose={close} />}
      {opened === "backfill" && <BackfillHook hookId={id} onClose={close} />}
      {opened === "replay" && <ReplayHook hookId={id} onClose={close} />}
    </>
  );
  if (!may.administer) return operate;
  return (
    <>
      {type !== undefined && (
        <Button onClick={() => setOpened("trigger")}>
          <Zap size={14} /> <span>Trigger</span>
        </Button>
      )}
      {operate}
      <Button onClick={() => navigate(`/hooks/${id}/edit`)}>Edit</Button>
      <Menu
        trigger={<Button aria-label="More" />}
        items={[
          { label: "Rotate the secret…", act: () => setOpened("rotate") },
          { label: "Delete…", act: () => setOpened("delete"), isDanger: true },
        ]}
      >
        <Ellipsis size={16} />
      </Menu>
      {opened === "trigger" && type !== undefined && (
        <TriggerHook id={id} type={type} format={hook.format} onClose={close} />
      )}
      {opened === "rotate" && <RotateSecret id={id} onClose={close} />}
      {opened === "delete" && <DeleteHook id={id} name={hook.name ?? hook.url} onClose={close} />}
    </>
  );
}
