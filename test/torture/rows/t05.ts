import { createApiKey } from "../../../src/domain/project/apiKey.ts";
import { findProject } from "../../../src/domain/project/project.ts";
import { actionOf, button, type Pressed } from "../../fixtures/actions.ts";
import { sendTo } from "../../fixtures/hub.ts";
import { holds, type Row } from "../row.ts";

const PEOPLE = 50;
/** Asked by those who win and those who lose alike: what became of the press, and whose it is. */
const PRESS = `mutation ($input: PressActionInput!) { pressAction(input: $input) {
  press { id status pressedBy } userErrors { code }
  action { presses(first: 2) { nodes { id pressedBy } } } } }`;

type Answer = {
  press: Pick<NonNullable<Pressed["press"]>, "id" | "status" | "pressedBy"> | null;
  userErrors: { code: string }[];
  action: { presses: { nodes: { id: string; pressedBy: string }[] } };
};

export const t05: Row = {
  id: "T5",
  title:
    "50 people press one action at once over 2 processes: one press, one call, the others are told whose it is",
  async run(kit) {
    const site = await kit.site();
    const ledger = await kit.ledger();
    const fleet = await kit.fleet(site, ["api,worker", "api,worker"]);
    const hubs = fleet.hubs();
    const project = await findProject(site.db.sql, "default");
    if (!project) throw new Error("no project");
    const people: { name: string; key: string }[] = [];
    for (let number = 0; number < PEOPLE; number++) {
      const name = `Person ${number}`;
      const { key } = await createApiKey(site.db.sql, project.id, { name, role: "OPERATOR" });
      people.push({ name, key });
    }
    const rounds = kit.size(500, 4);
    for (let round = 0; round < rounds; round++) {
      const path = `/round-${round}/ok`;
      const { id } = await button(kit.random.one(hubs), ledger.url + path);
      const input = { actionId: id, confirm: true, waitMs: 5_000 };
      const answers = await Promise.all(
        people.map(async ({ name, key }, person) => {
          const url = hubs[person % hubs.length]?.url ?? "";
          const { data } = await sendTo<{ pressAction: Answer }>(url, key, PRESS, { input });
          return { name, ...data.pressAction };
        }),
      );
      const [won, ...others] = answers.filter((answer) => answer.press !== null);
      holds(won?.press != null, "no press of an action was accepted");
      holds(others.length === 0, `${others.length + 1} presses of one action were accepted`);
      const { press } = won;
      holds(press.status === "SUCCEEDED", `the press ended as ${press.status}`);
      holds(press.pressedBy === won.name, `${won.name}'s press is ${press.pressedBy}'s`);
      for (const { name, userErrors, action } of answers) {
        const codes = userErrors.map(({ code }) => code).join();
        const isRight = name === won.name ? codes === "" : /^ACTION_(BUSY|COMPLETE)$/.test(codes);
        holds(isRight, `${name} was told '${codes}'`);
        const whose = action.presses.nodes.map((node) => `${node.id} of ${node.pressedBy}`).join();
        holds(whose === `${press.id} of ${won.name}`, `${name} was told that it is ${whose}`);
      }
      const calls = ledger.entries().filter((entry) => entry.path === path).length;
      holds(calls === 1, `${calls} calls were made for one press`);
      const { status, presses } = await actionOf(kit.random.one(hubs), id);
      holds(status === "COMPLETE" && presses.nodes.length === 1, `the action is ${status}`);
    }
    return { rounds, presses: rounds * PEOPLE };
  },
};
