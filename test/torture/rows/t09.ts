import { actionOf, actionsOn, press } from "../../fixtures/actions.ts";
import { hubProcess } from "../../fixtures/process.ts";
import { until } from "../kit/until.ts";
import { holds, type Row } from "../row.ts";

const AT_ONCE = 5;

export const t09: Row = {
  id: "T9",
  title:
    "the process is killed while presses are in flight: each is called once at most, and ends as UNKNOWN",
  async run(kit) {
    const site = await kit.site();
    const ledger = await kit.ledger();
    const fleet = await kit.fleet(site, ["api"]);
    const api = fleet.hubs()[0];
    if (!api) throw new Error("no hub");
    const rounds = kit.size(100, 2);
    let slowest = 0;
    for (let round = 0; round < rounds; round++) {
      const path = (index: number) => `/press-${round}-${index}/hang`;
      const actions = await actionsOn(
        api,
        Array.from({ length: AT_ONCE }, (_, index) => ({
          url: ledger.url + path(index),
          buttonText: `Button ${index}`,
          key: `k${index}`,
        })),
      );
      const calls = () =>
        ledger.entries().filter((entry) => entry.path.startsWith(`/press-${round}-`));
      await using doomed = await hubProcess(site);
      for (const { id } of actions) await press(doomed, id, { waitMs: 0 });
      await until("the presses are in flight", () => calls().length === AT_ONCE, 10_000);
      doomed.kill("SIGKILL");
      await doomed.exited;
      await using _heir = await hubProcess(site, { SIGNALBOX_ROLES: "worker" });
      const heirAt = performance.now();
      const states = () => Promise.all(actions.map(({ id }) => actionOf(api, id)));
      const isKnown = async () =>
        (await states()).every(({ presses }) => presses.nodes[0]?.status === "UNKNOWN");
      await until("the presses end as UNKNOWN", isKnown, 20_000);
      slowest = Math.max(slowest, performance.now() - heirAt);
      holds(calls().length === AT_ONCE, `${calls().length} calls for ${AT_ONCE} presses`);
      const visible = (await states()).filter(({ lastError }) =>
        /^outcome unknown/.test(lastError ?? ""),
      );
      holds(visible.length === AT_ONCE, "an action does not say that its outcome is unknown");
    }
    // What was in doubt is not sent later either.
    const all = ledger.entries();
    const once = new Set(all.map(({ path }) => path));
    holds(all.length === once.size, `${all.length - once.size} presses were sent again`);
    return {
      kills: rounds,
      presses: rounds * AT_ONCE,
      "ms to UNKNOWN, at most": Math.round(slowest),
    };
  },
};
