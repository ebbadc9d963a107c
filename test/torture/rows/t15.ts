import { startCanary } from "../kit/canary.ts";
import { holds, type Row } from "../row.ts";

/** Those that browsers and fetch follow. */
const STATUSES = [301, 302, 303, 307, 308];

const places = (port: number): string[] => [
  `http://127.0.0.1:${port}/`,
  `http://localhost:${port}/`,
  `//127.0.0.1:${port}/`,
  `HTTP://127.0.0.1:${port}`,
  `http:127.0.0.1:${port}`,
  `http://2130706433:${port}/`,
  `http://[::1]:${port}/`,
  "file:///etc/passwd",
  "/again",
  "",
];

export const t15: Row = {
  id: "T15",
  title: "answers that send the call elsewhere: never followed, the delivery failed",
  async run(kit) {
    const site = await kit.site();
    const ledger = await kit.ledger();
    await using canary = await startCanary();
    const fleet = await kit.fleet(site, ["api,worker"]);
    const hub = fleet.hubs()[0];
    const targets = places(canary.port).flatMap((place) =>
      STATUSES.map((status) => `${status}.${Buffer.from(place).toString("base64url")}`),
    );
    for (const [index, target] of targets.entries())
      await kit.hook(fleet, ledger, `/r${index}/redirect/${target}`, { retries: 0 });
    await hub?.run(`mutation { emitEvent(input: { type: "a" }) { event { id } } }`);
    await kit.rest(site, 30_000);
    const rows = await site.db.sql`select status from signalbox.deliveries where status = 'FAILED'`;
    holds(canary.connections() === 0, `${canary.connections()} redirects were followed`);
    holds(
      rows.length === targets.length,
      `${targets.length - rows.length} redirects count as a success`,
    );
    const calls = ledger.entries().length;
    holds(calls === targets.length, `${calls} calls for ${targets.length} hooks`);
    return { redirects: targets.length, connections: canary.connections() };
  },
};
