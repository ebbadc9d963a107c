import { z } from "zod";
import { hidden, setting } from "./setting.ts";

/** Proxies for the calls to targets, by the scheme of a target's URL. */
export type EgressProxySettings = {
  http?: string;
  https?: string;
  /** Hosts that are called directly: the entries of NO_PROXY. */
  except: string[];
};

/** The URL of an HTTP proxy, when it is one; a path or a query would have no meaning. */
function proxyUrl(text: string): string | undefined {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol) || /[?#\s]/.test(text)) return undefined;
  if (url.pathname !== "/" || url.port === "0") return undefined;
  try {
    // A password with % that is not percent-encoded.
    decodeURIComponent(`${url.username}:${url.password}`);
  } catch {
    return undefined;
  }
  return url.href;
}

const form =
  "the http or https URL of a proxy like http://user:password@proxy.example.com:3128 (special characters of the password percent-encoded; no path)";

/** Its value may hold a password. */
export const egressProxy = setting(
  `env, or ${form}`,
  (text) => (text === "env" ? "env" : /^https?:\/\//i.test(text) ? proxyUrl(text) : undefined),
  hidden,
);

/** As other programs read these variables, the scheme may be absent. */
const proxyVariable = setting(
  `${form}: SIGNALBOX_EGRESS_PROXY is env`,
  (text) => proxyUrl(/^[a-z\d+.-]+:\/\//i.test(text) ? text : `http://${text}`),
  hidden,
);

/** What other programs read in their environment. The lower-case name wins, as everywhere. */
const environmentShape = {
  HTTP_PROXY: proxyVariable.optional(),
  HTTPS_PROXY: proxyVariable.optional(),
  NO_PROXY: z.string().optional(),
};

/** The variables that count with SIGNALBOX_EGRESS_PROXY=env, under their upper-case names. */
function proxyVariables(env: NodeJS.ProcessEnv) {
  const given = Object.keys(environmentShape).map((name) => [
    name,
    env[name.toLowerCase()]?.trim() || env[name],
  ]);
  return Object.fromEntries(given) as NodeJS.ProcessEnv;
}

/**
 * The proxies that the setting asks for. With a URL every call goes through that proxy; the environment's variables
 * count with `env` alone. `parse` throws for an invalid one.
 */
export function readEgressProxy(
  value: string | undefined,
  env: NodeJS.ProcessEnv,
  parse: (
    shape: typeof environmentShape,
    env: NodeJS.ProcessEnv,
  ) => z.output<z.ZodObject<typeof environmentShape>>,
): { egressProxy?: EgressProxySettings } {
  if (value === undefined) return {};
  if (value !== "env") return { egressProxy: { http: value, https: value, except: [] } };
  const { HTTP_PROXY, HTTPS_PROXY, NO_PROXY = "" } = parse(environmentShape, proxyVariables(env));
  if (!HTTP_PROXY && !HTTPS_PROXY) return {};
  return {
    egressProxy: {
      ...(HTTP_PROXY && { http: HTTP_PROXY }),
      ...(HTTPS_PROXY && { https: HTTPS_PROXY }),
      except: NO_PROXY.split(/[,\s]+/).filter((entry) => entry !== ""),
    },
  };
}
