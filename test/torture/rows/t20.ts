import { hubProcess } from "../../fixtures/process.ts";
import { emitUntilAcked } from "../kit/emitter.ts";
import type { Patch } from "../kit/patch.ts";
import { until } from "../kit/until.ts";
import { holds, type Row } from "../row.ts";

/** As if what is sent made the runtime itself fail. */
export const deadly: Patch = {
  file: "src/worker/delivery/deliverer.ts",
  find: "function start(started: Started) {",
  replace: `function start(started: Started) {
    if (started.claimed.event.type === "poison") process.kill(process.pid, "SIGKILL");`,
};
const DEATHS = 3;
const PATIENCE_MS = 90_000;

export const t20: Row = {
  id: "T20",
  title:
    "a delivery that ends its process: in quarantine after the third time, all others are delivered",
  async run(kit) {
    const site = await kit.site();
    const ledger = await kit.ledger();
    const fleet = await kit.fleet(site, ["api"]);
    const hook = await kit.hook(fleet, ledger, "/a/ok");
    const poisons = kit.size(3, 1);
    const acked: string[] = [];
    let deaths = 0;
    for (let poison = 0; poison < poisons; poison++) {
      const id = await emit("poison", `poison ${poison}`);
      for (let number = 0; number < 20; number++)
        acked.push(await emit("healthy", `healthy ${poison} ${number}`));
      const state = async () => {
        const [row] = await site.db.sql<{ status: string }[]>`
          select status from signalbox.deliveries where event_id = ${id}`;
        return row?.status;
      };
      const before = deaths;
      const giveUpAt = performance.now() + PATIENCE_MS;
      while ((await state()) !== "QUARANTINED" && performance.now() < giveUpAt) {
        await using worker = await hubProcess(site, {
          ...kit.patching([deadly]),
          SIGNALBOX_ROLES: "worker",
        });
        let isDead = false;
        void worker.exited.then(() => {
          isDead = true;
        });
        await until(
          "it dies, or what kills it is in quarantine",
          async () => isDead || (await state()) === "QUARANTINED",
          giveUpAt - performance.now(),
        );
        if (isDead) deaths++;
        // Killed, it would be the third death of what it tries by then.
        else worker.kill("SIGTERM");
        await worker.exited;
      }
      holds(
        (await state()) === "QUARANTINED",
        `a poison is ${await state()} and not in quarantine`,
      );
      holds(deaths - before === DEATHS, `${deaths - before} processes died of one delivery`);
    }
    await using _worker = await hubProcess(site, { SIGNALBOX_ROLES: "worker" });
    await kit.rest(site, 90_000);
    const rows = await site.db.sql`select status from signalbox.deliveries
      where status <> 'SUCCEEDED' and event_id = any(${acked}::uuid[])`;
    holds(rows.length === 0, `${rows.length} others are ${rows[0]?.status} with the poison`);
    const entries = ledger.entries();
    const mayRepeat = deaths * 16;
    const invariants = await kit.check({
      sql: site.db.sql,
      entries,
      acked,
      hooks: [hook],
      mayRepeat,
    });
    return { poisons, deaths, healthy: acked.length, invariants };

    function emit(type: string, idempotencyKey: string) {
      return emitUntilAcked(fleet.urls, site.key, { type, idempotencyKey });
    }
  },
};
