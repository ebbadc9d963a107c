import type { Config } from "./config/config.ts";
import { readAddress } from "./db/connection/address.ts";
import type { Place, Pool } from "./db/connection/client.ts";
import { nodeHosts } from "./db/nodes/distribution.ts";
import { createGuard } from "./outbound/address/addressGuard.ts";
import { checkTarget } from "./outbound/address/checkTarget.ts";
import { hostAddresses } from "./outbound/address/hostAddresses.ts";
import { createResolver } from "./outbound/address/resolver.ts";
import { createPoster } from "./outbound/call/post.ts";
import { withMail } from "./outbound/mail/withMail.ts";
import { proxyHosts } from "./outbound/proxy/egressProxy.ts";
import { version } from "./version.ts";

/**
 * Everything that calls targets. The address guard must also know the addresses of the database, its nodes and the
 * proxy: a hook must not reach them.
 */
export async function openOutbound(config: Config, { url, poolerUrl }: Place, sql: Pool) {
  const hosts = [url, poolerUrl].flatMap((one) => (one ? readAddress(one).host : []));
  if (config.readUrl) hosts.push(readAddress(config.readUrl, "SIGNALBOX_READ_URL").host);
  if (sql.isDistributed) hosts.push(...(await nodeHosts(sql)));
  hosts.push(...proxyHosts(config.egressProxy));
  const guard = createGuard({ allow: config.allowTargets, deny: await hostAddresses(hosts) });
  const resolver = createResolver();
  const rules = { requireHttps: config.requireHttps };
  return withMail(config.mail, {
    poster: createPoster({
      ...{ guard, resolver, userAgent: `signalbox/${version}`, ...rules },
      proxy: config.egressProxy,
    }),
    checkTarget: (url: string, projectId: string) =>
      checkTarget(guard, resolver, url, { ...rules, holder: projectId }),
  });
}
