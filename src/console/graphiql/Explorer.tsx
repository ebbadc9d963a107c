import { GraphiQL } from "graphiql";
import { useMemo, useState } from "react";
import { base } from "../base.ts";
import { createFetcher } from "./fetcher.ts";
import { tourHeaders, tourTabs } from "./tour.ts";

/** GraphiQL's history would store the headers of each operation, and so the key. */
const noHistory: [] = [];

/**
 * GraphiQL, opened with the tour. It keeps headers per tab; here, a key pasted into one tab is used
 * by all. The key stays in the page's memory, because a browser's storage is written to disk.
 */
export function Explorer() {
  const [key, setKey] = useState<string>();
  // A new key creates a new fetcher, so that GraphiQL requests the schema again, which was rejected
  // without a key.
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
        <a href={`${base}/docs/`}>Documentation</a>
      </GraphiQL.Logo>
    </GraphiQL>
  );
}
