import { CSPProvider } from "@base-ui/react/csp-provider";
import { useCallback, useEffect, useRef, useState } from "react";
import { Provider } from "urql";
import { Router } from "wouter";
import { base } from "./base.ts";
import { dropDrafts } from "./kept/useDraft.ts";
import { beginSession, endSession, onSessionEnd } from "./session/browserSession.ts";
import { SignIn } from "./session/SignIn.tsx";
import { openSession, type Session, SessionContext } from "./session/session.ts";
import { Shell } from "./shell/Shell.tsx";
import { Toasts } from "./ui/Toasts.tsx";

/** The console. Without a session, only the sign-in page is shown. */
export function App() {
  const [session, setSession] = useState<Session | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  /** "first" while the page does not know yet whether this browser has a session. */
  const [opening, setOpening] = useState<"first" | "again" | null>("first");
  const current = useRef<Session | null>(null);

  const leave = useCallback((reason: string | null) => {
    current.current?.activity.close();
    current.current = null;
    setSession(null);
    setProblem(reason);
  }, []);

  const signOut = useCallback(() => {
    void endSession();
    dropDrafts();
    leave(null);
  }, [leave]);

  const open = useCallback(async () => {
    const onRefused = () => leave("This key has been revoked, or the session is too old.");
    const opened = await openSession({ signOut, onRefused });
    setOpening(null);
    if (typeof opened === "string" || opened === null) return setProblem(opened);
    setProblem(null);
    current.current?.activity.close();
    current.current = opened;
    setSession(opened);
  }, [signOut, leave]);

  const signIn = useCallback(
    async (key: string) => {
      setOpening("again");
      const wrong = await beginSession(key);
      if (wrong === null) return open();
      setOpening(null);
      setProblem(wrong);
    },
    [open],
  );

  useEffect(() => void open(), [open]);
  useEffect(
    () =>
      onSessionEnd(() => {
        dropDrafts();
        leave(null);
      }),
    [leave],
  );

  return (
    <CSPProvider disableStyleElements>
      <Toasts>
        {session ? (
          <SessionContext value={session}>
            <Provider value={session.api}>
              <Router base={base}>
                <Shell />
              </Router>
            </Provider>
          </SessionContext>
        ) : opening === "first" ? null : (
          <SignIn problem={problem} isOpening={opening !== null} onKey={signIn} />
        )}
      </Toasts>
    </CSPProvider>
  );
}
