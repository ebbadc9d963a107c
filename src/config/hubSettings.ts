import { hidden, setting } from "./setting.ts";

/** The hub's address for its clients; it may stand below a proxy's path. */
const hubUrl = setting(
  "the address of a hub, like http://127.0.0.1:4000 (without /graphql)",
  (text) => {
    const url = URL.canParse(text) ? new URL(text) : null;
    if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password) return undefined;
    if (/[?#]/.test(text) || /\/graphql\/?$/.test(url.pathname)) return undefined;
    return url.href.replace(/\/+$/, "");
  },
);

/** Any installation's key, also one that was set by hand; it must fit into a header. */
const apiKey = setting(
  "an API key of printable ASCII characters",
  (text) => (/^[\x20-\x7e]{1,500}$/.test(text) ? text : undefined),
  hidden,
);

/** The settings of commands that call a hub. */
export const hubShape = {
  SIGNALBOX_URL: hubUrl.prefault("http://127.0.0.1:4000"),
  SIGNALBOX_KEY: apiKey.optional(),
  SIGNALBOX_IMPORT_TOKEN: apiKey.optional(),
};
