/*
 * The console. How it is laid out:
 * - A folder for each noun of the hub (event, hook, delivery, …) holds its pages: `XPage.tsx` for an address,
 *   everything else named after what it shows. One component a file, its styles beside it (`Feed.tsx`, `Feed.css`),
 *   classes begin with the component's name. Colours and distances come from style/tokens.css alone.
 * - session/: the key, the role (`useMay`), the client. live/: one subscription for all pages. shell/: what is
 *   around a page: navigation (add a page in routes.tsx), keys, theme. ui/: what pages are made of.
 * - graphiql/ is no page of the console: graphiql.html loads it, with libraries that the console's policy would refuse.
 * - A page reads with `useLiveQuery(document, variables, isAbout)`: it is read again when something changes that
 *   it is about. It writes with `useAct(document)`, which shows userErrors and results. Documents are written with
 *   `graphql()` in the file that uses them, and typed by the schema (`npm run schema`).
 * - Whatever comes from events, hooks and their targets is hostile: only ever text, never markup, an address that
 *   is opened (ui/layout/ExternalLink.tsx takes http and https alone) or an image from elsewhere (ui/layout/Picture.tsx).
 * - The content policy of src/http/page/console.ts forbids inline styles and scripts: no libraries that inject them.
 */
import "./style/tokens.css";
import "./style/base.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App.tsx";
import { applyTheme } from "./shell/theme.ts";

applyTheme();
const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
