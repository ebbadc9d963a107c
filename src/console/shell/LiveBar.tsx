import { useSyncExternalStore } from "react";
import { useSession } from "../session/session.ts";
import { Button } from "../ui/Button.tsx";
import { span } from "../ui/time/Time.tsx";
import "./LiveBar.css";

/** A notice while the connection is lost, or the page shows what happened a while ago. */
export function LiveBar() {
  const { activity } = useSession();
  const state = useSyncExternalStore(activity.onState, activity.state);
  const behind = useSyncExternalStore(activity.onState, activity.behind);
  const isLost = state === "lost" || state === "offline";
  return (
    <div role="status">
      {isLost && (
        <p className="live-bar">
          <span>
            {state === "offline"
              ? "This computer is offline. What you see may be out of date."
              : "Connection lost, reconnecting… Missed changes appear after that."}
          </span>
          <Button onClick={activity.reconnect}>Reconnect now</Button>
        </p>
      )}
      {!isLost && behind > 0 && (
        <p className="live-bar">
          <span>This page is {span(behind)} behind: more happens than it can show.</span>
          <Button onClick={activity.jump}>Jump to now</Button>
        </p>
      )}
    </div>
  );
}
