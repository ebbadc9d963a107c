import { setTimeout as pause } from "node:timers/promises";
import { type Action, actionsOn, press } from "../../fixtures/actions.ts";
import { type HubProcess, hubProcess } from "../../fixtures/process.ts";
import { preloading } from "../kit/patch.ts";
import { holds, type Row } from "../row.ts";

const TEN_MINUTES_MS = 600_000;
const AT_ONCE = 12;
/** The presses of a round are spread so far around the expiry. */
const SPREAD_MS = 60;

export const t06: Row = {
  id: "T6",
  title:
    "presses around an action's expiry, by processes whose clocks are 10 minutes off: the database's clock decides",
  async run(kit) {
    const site = await kit.site();
    const { sql } = site.db;
    const ledger = await kit.ledger();
    const clock = (shift: number) =>
      hubProcess(site, { ...preloading, TORTURE_CLOCK_SHIFT_MS: String(shift) });
    const hubs: HubProcess[] = [];
    for (const shift of [-TEN_MINUTES_MS, TEN_MINUTES_MS]) hubs.push(kit.use(await clock(shift)));
    const pressed = new Set<string>();
    const count = { accepted: 0, refused: 0 };
    const rounds = kit.size(25, 3);
    for (let round = 0; round < rounds; round++) {
      for (const hub of hubs) {
        const actions = await actionsOn(
          hub,
          Array.from({ length: AT_ONCE }, (_, index) => ({
            url: `${ledger.url}/expiry/ok`,
            buttonText: "Now or never",
            key: `k${index}`,
          })),
        );
        const [row] = await sql<{ inMs: number }[]>`
          with moved as (
            update signalbox.actions set expires_at = clock_timestamp() + interval '250 milliseconds'
            where event_id = (select event_id from signalbox.actions where id = ${actions[0]?.id ?? ""})
            returning expires_at)
          select extract(epoch from min(expires_at) - clock_timestamp()) * 1000 as "inMs" from moved`;
        const expiresAt = performance.now() + Number(row?.inMs);
        await Promise.all(
          actions.map(async (action, index) => {
            const offset = ((index + 0.5) / AT_ONCE - 0.5) * 2 * SPREAD_MS;
            await pause(Math.max(0, expiresAt + offset - performance.now()));
            await tryOne(hub, action);
          }),
        );
        // And when it is over beyond doubt.
        const late = actions.find((action) => !pressed.has(action.id));
        if (late) await tryOne(hub, late);
      }
    }
    const wrong =
      await sql`select p.id, p.pressed_at - a.expires_at as late from signalbox.presses p
      join signalbox.actions a on a.project_id = p.project_id and a.id = p.action_id
      where p.pressed_at >= a.expires_at`;
    holds(
      wrong.length === 0,
      `${wrong.length} presses were accepted at or after the expiry, one by ${wrong[0]?.late}`,
    );
    if (count.accepted === 0 || count.refused === 0)
      throw new Error(`nothing was shown: ${JSON.stringify(count)}`);
    return { ...count };

    async function tryOne(hub: HubProcess, { id }: Action) {
      const answer = await press(hub, id, { waitMs: 0 });
      const code = answer.userErrors[0]?.code;
      if (answer.press) {
        pressed.add(id);
        count.accepted++;
      } else {
        holds(code === "ACTION_EXPIRED", `a press was refused as ${code}`);
        count.refused++;
      }
    }
  },
};
