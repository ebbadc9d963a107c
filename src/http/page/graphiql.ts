import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { send, sendHead } from "../headers.ts";
import { placeholder, tourHeaders, tourTabs } from "./tour.ts";

/** Its forms are kept: an answer that nobody reads holds on to them, and to no copy. */
type Page = { plain: Buffer; gzip: Buffer; brotli: Buffer; etag: string; policy: string };

/** The one place in GraphiQL's bundle where the headers of a tab are handed on. */
const bundleHeaders = "extensions:{headers:y?.headers}";

/**
 * Runs in the page. GraphiQL opens its websocket without the headers of the tab, so the key would be missing
 * there; and it keeps headers by tab, so the key would have to be pasted into each tab of the tour. With the first
 * good key the schema is fetched again, which was refused without: documentation and completion come with it.
 *
 * The key stays in the page's memory: what a browser stores, it writes to its disk. Earlier versions stored it.
 * The reason of a refused websocket would be shown as `isTrusted: true`, which is all that JSON has of an event.
 */
const pageScript = `
localStorage.removeItem("signalbox:authorization");
if (localStorage.getItem("graphiql:tabState")?.includes("Authorization")) {
  localStorage.removeItem("graphiql:tabState");
}
CloseEvent.prototype.toJSON = function () {
  return { message: this.reason || "The connection was closed.", code: this.code };
};
let signalboxKey;
function signalboxHeaders(given) {
  const own = given?.Authorization;
  if (!own || own === "${placeholder}") {
    const headers = signalboxKey ? { ...given, Authorization: signalboxKey } : given;
    return { headers, connectionParams: headers };
  }
  if (own !== signalboxKey) {
    signalboxKey = own;
    document.querySelector('[aria-label^="Re-fetch GraphQL schema"]')?.click();
  }
  return { headers: given, connectionParams: given };
}
`;

/** A tab under the mouse button is thrown to the far end, where no click finds it (GraphiQL 5 with motion 12). */
const pageStyle = ".graphiql-tab { transform: none !important; }";

/** GraphiQL's page: 9 MB in one file, nothing from another host. */
async function renderPage(): Promise<string> {
  const { renderGraphiQL } = await import("@graphql-yoga/render-graphiql");
  const page = renderGraphiQL({
    title: "Signalbox GraphiQL",
    endpoint: "/graphql",
    subscriptionsProtocol: "WS",
    defaultTabs: tourTabs,
    headers: tourHeaders,
    shouldPersistHeaders: false,
  } as Parameters<typeof renderGraphiQL>[0]);
  const parts = page.split(bundleHeaders);
  if (parts.length !== 2) throw new Error("GraphiQL changed: look again how it passes headers on");
  return parts
    .join("extensions:signalboxHeaders(y?.headers)")
    .replace("<script>", (tag) => `<style>${pageStyle}</style>${tag}${pageScript}`);
}

/** Allows the page's own script by its hash, and nothing that another could put into it. */
function contentPolicy(page: string): string {
  const start = page.indexOf("<script>") + "<script>".length;
  const script = page.slice(start, page.indexOf("</script>", start));
  const hash = createHash("sha256").update(script).digest("base64");
  return [
    "default-src 'none'",
    `script-src 'sha256-${hash}'`,
    "worker-src blob:",
    "style-src 'unsafe-inline'",
    "font-src data:",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

async function buildPage(): Promise<Page> {
  const page = await renderPage();
  const bytes = Buffer.from(page);
  const [zipped, brotli] = await Promise.all([
    promisify(gzip)(bytes),
    // Quality 5 takes a second; 11 would take half a minute for a tenth less.
    promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }),
  ]);
  const etag = `"${createHash("sha256").update(zipped).digest("base64url")}"`;
  return { plain: bytes, gzip: zipped, brotli, etag, policy: contentPolicy(page) };
}

/** Serves GraphiQL; the page is rendered and compressed once, when it is first asked for. */
export function createGraphiql() {
  let building: Promise<Page> | undefined;
  return async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    building ??= buildPage();
    const page = await building;
    const headers = {
      etag: page.etag,
      vary: "accept, accept-encoding",
      "cache-control": "no-cache",
      "content-security-policy": page.policy,
    };
    if (req.headers["if-none-match"]?.includes(page.etag)) {
      return sendHead(res, 304, headers);
    }
    const encodings = String(req.headers["accept-encoding"] ?? "");
    const type = "text/html; charset=utf-8";
    if (/\bbr\b/.test(encodings)) {
      send(res, 200, type, page.brotli, { ...headers, "content-encoding": "br" });
    } else if (/\bgzip\b/.test(encodings)) {
      send(res, 200, type, page.gzip, { ...headers, "content-encoding": "gzip" });
    } else {
      send(res, 200, type, page.plain, headers);
    }
  };
}
