import { useSyncExternalStore } from "react";
import { useSession } from "../session/session.ts";
import "./LiveBar.css";

/** Says that the connection is lost, and that it is being made again; nothing while all is well. */
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
