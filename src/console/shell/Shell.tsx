import { Suspense, useEffect, useRef } from "react";
import { Link, Route, Switch, useLocation } from "wouter";
import { PressDialog } from "../action/PressDialog.tsx";
import { useKeptScroll } from "../kept/useKeptScroll.ts";
import { loadPalette, Palette } from "../palette/Palette.tsx";
import { ErrorBoundary } from "../ui/ErrorBoundary.tsx";
import { Empty, Loading } from "../ui/Notice.tsx";
import { HelpDialog } from "./HelpDialog.tsx";
import { LiveBar } from "./LiveBar.tsx";
import { Nav } from "./Nav.tsx";
import { loadPages, routes } from "./routes.tsx";
import "./Shell.css";

/** Preloads the other pages once the first one is rendered. */
const PAGES_MS = 1_000;

/** The frame of every page. */
export function Shell() {
  const [location] = useLocation();
  const frame = useRef<HTMLDivElement>(null);
  useKeptScroll(frame, location);
  useEffect(() => {
    const timer = setTimeout(() => void Promise.all([loadPages(), loadPalette()]), PAGES_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className="shell">
      <a className="shell-skip" href="#main">
        Skip to content
      </a>
      <Nav />
      <main id="main" className="shell-main" tabIndex={-1}>
        <LiveBar />
        <div ref={frame} className="shell-page">
          <ErrorBoundary key={location}>
            <Suspense fallback={<Loading />}>
              <Switch>
                {routes.map(({ path, page: Page }) => (
                  <Route key={path} path={path}>
                    {(params: { id?: string }) => <Page params={{ id: params.id ?? "" }} />}
                  </Route>
                ))}
                <Route>
                  <Empty title="Page not found.">
                    <Link to="/">Go to the feed</Link>
                  </Empty>
                </Route>
              </Switch>
            </Suspense>
          </ErrorBoundary>
        </div>
      </main>
      <HelpDialog />
      <Palette />
      <PressDialog />
    </div>
  );
}
