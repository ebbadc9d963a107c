import { GraphiQL } from "graphiql";
import { useMemo, useState } from "react";
import { createFetcher } from "./fetcher.ts";
import { tourHeaders, tourTabs } from "./tour.ts";

/** GraphiQL's history stores the headers of each operation, and so the key. */
const noHistory: [] = [];

/**
 * GraphiQL, opened with the tour. It keeps headers by tab, so a key would have to be pasted into each: here one tab
 * is enough. The key stays in the page's memory, since what a browser stores, it writes to its disk.
 */
export function Explorer() {
  const [key, setKey] = useState<string>();
  // A new key makes a new fetcher, with which GraphiQL asks for the schema again: it was refused without one.
  const fetcher = useMemo(() => createFetcher(key, setKey), [key]);
  return (
    <GraphiQL
      fetcher={fetcher}
      defaultTabs={tourTabs}
      defaultHeaders={tourHeaders}
      shouldPersistHeaders={false}
      plugins={noHistory}
    >
      <GraphiQL.Logo>
        <a href="/docs/">Documentation</a>
      </GraphiQL.Logo>
    </GraphiQL>
  );
}
