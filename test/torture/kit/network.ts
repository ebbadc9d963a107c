import { type NameServer, startNameServer, type Zone } from "../../fixtures/nameServer.ts";
import { type HubProcess, hubProcess } from "../../fixtures/process.ts";
import type { Kit, Site } from "./kit.ts";
import { type Namespace, startNamespace } from "./netns.ts";
import { startProxy } from "./proxy.ts";

/** A namespace for hub processes of a site: they reach its PostgreSQL, and a name server that answers by `zone`. */
export type Network = Namespace & {
  dns: NameServer;
  /** Starts a hub process inside, which may call public addresses alone; gone at the end of the row. */
  hub(env?: Record<string, string>): Promise<HubProcess>;
};

export async function startNetwork(
  kit: Kit,
  site: Site,
  zone: (space: Namespace) => Zone,
): Promise<Network> {
  const space = kit.use(await startNamespace());
  const dns = kit.use(await startNameServer(zone(space), { host: space.here, port: 53 }));
  const { hostname, port } = new URL(site.url);
  const proxy = kit.use(await startProxy({ host: hostname, port: Number(port) }, space.here));
  const databaseUrl = new URL(site.url);
  databaseUrl.hostname = space.here;
  databaseUrl.port = String(proxy.port);
  const inside = {
    DATABASE_URL: databaseUrl.href,
    HOST: space.there,
    SIGNALBOX_ALLOW_TARGETS: "",
  };
  return {
    ...space,
    dns,
    hub: async (env = {}) =>
      kit.use(await hubProcess(site, { ...inside, ...env }, { within: space.within })),
  };
}

const HOOK = `mutation ($input: RegisterHookInput!) {
  registerHook(input: $input) { hook { id } userErrors { code } } }`;

/** What came of saving a target: the hook's id, or the code with which it was refused. */
export async function save(
  hub: HubProcess,
  input: { url: string; types: string[]; [more: string]: unknown },
): Promise<{ id: string | null; code: string | null }> {
  const { registerHook } = await hub.run<{
    registerHook: { hook: { id: string } | null; userErrors: { code: string }[] };
  }>(HOOK, { input: { retries: 0, ...input } });
  return { id: registerHook.hook?.id ?? null, code: registerHook.userErrors[0]?.code ?? null };
}
