import { CSPProvider } from "@base-ui/react/csp-provider";
import { useCallback, useEffect, useRef, useState } from "react";
import { Provider } from "urql";
import { Router } from "wouter";
import { base } from "./base.ts";
import { dropDrafts } from "./kept/useDraft.ts";
import { readKey, writeKey } from "./session/keyStore.ts";
import { SignIn } from "./session/SignIn.tsx";
import { openSession, type Session, SessionContext } from "./session/session.ts";
import { Shell } from "./shell/Shell.tsx";
import { Toasts } from "./ui/Toasts.tsx";

/** The console. Without a valid key, only the sign-in page is shown. */
export function App() {
  const [session, setSession] = useState<Session | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [isOpening, setIsOpening] = useState(readKey() !== null);
  const current = useRef<Session | null>(null);

  const signOut = useCallback((reason?: string) => {
    writeKey(null);
    dropDrafts();
    current.current?.activity.close();
    current.current = null;
    setSession(null);
    setProblem(reason ?? null);
  }, []);

  const signIn = useCallback(
    async (key: string) => {
      setIsOpening(true);
      const opened = await openSession(key, signOut);
      setIsOpening(false);
      if (typeof opened === "string") return setProblem(opened);
      writeKey(key);
      setProblem(null);
      current.current?.activity.close();
      current.current = opened;
      setSession(opened);
    },
    [signOut],
  );

  useEffect(() => {
    const key = readKey();
    if (key !== null) void signIn(key);
  }, [signIn]);

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
        ) : isOpening && readKey() !== null ? null : (
          <SignIn problem={problem} isOpening={isOpening} onKey={signIn} />
        )}
      </Toasts>
    </CSPProvider>
  );
}
