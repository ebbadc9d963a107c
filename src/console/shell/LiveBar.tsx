import { useSyncExternalStore } from "react";
import { useSession } from "../session/session.ts";
import "./LiveBar.css";

/** A notice while the connection is lost. */
export function LiveBar() {
  const { activity } = useSession();
  const state = useSyncExternalStore(activity.onState, activity.state);
  return (
    <div role="status">
      {state === "lost" && (
        <p className="live-bar">Connection lost, reconnecting… Missed changes appear after that.</p>
      )}
    </div>
  );
}
