import { type EmitAnswer, emit } from "../../fixtures/emit.ts";
import { sendTo } from "../../fixtures/hub.ts";
import { emitUntilAcked } from "../kit/emitter.ts";
import { holds, type Row } from "../row.ts";

const IN_FLIGHT = 16;

export const t08: Row = {
  id: "T8",
  title:
    "one idempotency key used at once in several processes, kills between: one event; another body is refused",
  async run(kit) {
    const site = await kit.site();
    const ledger = await kit.ledger();
    const fleet = await kit.fleet(site, kit.roles);
    const hooks = [await kit.hook(fleet, ledger, "/a/ok", { maxInFlight: IN_FLIGHT })];
    const stream = kit.stream(site, fleet);
    const keys = kit.size(1_000, 12);
    const callers = kit.size(100, 20);
    const killEvery = kit.size(50, 6);
    const turned = (by: number) => () => {
      const urls = fleet.urls();
      return urls.map((_, index) => urls[(index + by) % urls.length] ?? "");
    };
    const acked: string[] = [];
    let kills = 0;
    for (let key = 0; key < keys; key++) {
      const input = { type: "torture", data: { key }, idempotencyKey: `key ${key}` };
      const calls = Array.from({ length: callers }, (_, caller) =>
        emitUntilAcked(turned(caller), site.key, input),
      );
      if (key % killEvery === killEvery - 1) {
        await fleet.replace(kit.random.one(fleet.slots), "SIGKILL");
        kills++;
      }
      const ids = new Set(await Promise.all(calls));
      const again = await emitUntilAcked(turned(kit.random.whole(0, 9)), site.key, input);
      holds(
        ids.size === 1 && ids.has(again),
        `one key stands for ${new Set([...ids, again]).size} events`,
      );
      acked.push(again);
      for (const url of fleet.urls()) {
        const hub = {
          run: async <Data>(query: string, variables?: object) =>
            (await sendTo<Data>(url, site.key, query, variables)).data,
        };
        const other: EmitAnswer = await emit(hub, { ...input, data: { key, other: true } });
        const [refused] = other.userErrors;
        holds(
          other.event === null && refused?.code === "IDEMPOTENCY_CONFLICT",
          `another body under the same key was ${other.event ? "taken" : refused?.code}`,
        );
      }
    }
    const [row] = await site.db.sql`select count(*)::int as count from signalbox.events`;
    holds(row?.count === keys, `${keys} keys made ${row?.count} events`);
    await kit.rest(site, 60_000);
    await kit.caughtUp(site, stream);
    const invariants = await kit.check({
      sql: site.db.sql,
      entries: ledger.entries(),
      acked,
      hooks,
      mayRepeat: kills * IN_FLIGHT,
      seen: stream.seen,
    });
    return { keys, "emits a key": callers, kills, invariants };
  },
};
