import { actionOf, button, press } from "../../fixtures/actions.ts";
import { holds, type Row } from "../row.ts";

const PEOPLE = 50;

export const t05: Row = {
  id: "T5",
  title:
    "50 people press one action at once over 2 processes: one press, one call, the others are told",
  async run(kit) {
    const site = await kit.site();
    const ledger = await kit.ledger();
    const fleet = await kit.fleet(site, ["api,worker", "api,worker"]);
    const hubs = fleet.hubs();
    const rounds = kit.size(500, 4);
    for (let round = 0; round < rounds; round++) {
      const path = `/round-${round}/ok`;
      const { id } = await button(kit.random.one(hubs), ledger.url + path);
      const answers = await Promise.all(
        Array.from({ length: PEOPLE }, (_, person) => {
          const hub = hubs[person % hubs.length];
          if (!hub) throw new Error("no hub");
          return press(hub, id, { waitMs: 5_000 });
        }),
      );
      const won = answers.filter((answer) => answer.press !== null);
      const told = answers.flatMap(({ userErrors }) => userErrors.map(({ code }) => code));
      const wrong = told.filter((code) => !/^ACTION_(BUSY|COMPLETE)$/.test(code));
      holds(won.length === 1, `${won.length} presses of one action were accepted`);
      holds(won[0]?.press?.status === "SUCCEEDED", `the press ended as ${won[0]?.press?.status}`);
      holds(told.length === PEOPLE - 1 && wrong.length === 0, `others were told ${wrong[0]}`);
      const calls = ledger.entries().filter((entry) => entry.path === path).length;
      holds(calls === 1, `${calls} calls were made for one press`);
      const { status, presses } = await actionOf(kit.random.one(hubs), id);
      holds(status === "COMPLETE" && presses.nodes.length === 1, `the action is ${status}`);
    }
    return { rounds, presses: rounds * PEOPLE };
  },
};
