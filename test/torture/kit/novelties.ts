import type { Sql } from "../../../src/db/client.ts";
import { actionsOn, press } from "../../fixtures/actions.ts";
import { accepted, type Runs, registerHook } from "../../fixtures/emit.ts";
import { created, typeWithEvents } from "../../fixtures/resources.ts";
import { install, released } from "../../fixtures/workflows.ts";
import { Broken } from "../row.ts";
import { until } from "./until.ts";

/** What the version before this one does not know, used in a project: steps of workflows, resources, presses. */
export type Novelties = {
  /** Uses each of them once; settles when the hub has answered, not when it has done it. */
  use(): Promise<void>;
  /** Waits until all that was begun has ended, and throws `Broken` for what has not ended well. */
  ended(): Promise<number>;
};

const ENDED_WITHIN_MS = 60_000;

/** Makes a workflow of two steps, a hook that is sent resources, and their types, with the ledger's url as target. */
export async function startNovelties(
  hub: Runs,
  { sql, projectId, target }: { sql: Sql; projectId: string; target: string },
): Promise<Novelties> {
  await typeWithEvents(hub);
  const url = `${target}/resource/ok`;
  await registerHook(hub, { url, types: ["ticketsCreated"], format: "RESOURCE" });
  const step = (name: string) => ({ id: name, url: `${target}/${name}/ok`, body: { name } });
  const steps = [step("first"), step("second")];
  await install(hub, await released(hub, { eventType: "ran", steps }));
  let used = 0;
  return {
    async use() {
      const resourceId = String(used++);
      await created(hub, { type: "tickets", resourceId });
      await accepted(hub, { type: "ran", userId: "user123" });
      const buttons = [{ url: `${target}/press/ok`, buttonText: "Go on", key: "go" }];
      const [button] = await actionsOn(hub, buttons);
      // Nobody can send it until the first worker is new.
      await press(hub, button?.id ?? "", { waitMs: 0 });
    },
    async ended() {
      const states = () => sql<{ what: string; status: string; error: string | null }[]>`
        select 'delivery' as what, status, last_error as error from signalbox.deliveries where project_id = ${projectId}
        union all select 'run', status, error from signalbox.workflow_runs where project_id = ${projectId}
        union all select 'press', status, error from signalbox.presses where project_id = ${projectId}`;
      const isOpen = ({ status }: { status: string }) =>
        /PENDING|RETRYING|QUEUED|RUNNING/.test(status);
      const areOver = async () => !(await states()).some(isOpen);
      await until("what only the new version knows has ended", areOver, ENDED_WITHIN_MS);
      const all = await states();
      const wrong = all.find(({ status }) => status !== "SUCCEEDED");
      if (wrong) throw new Broken(`a ${wrong.what} ended as ${wrong.status}: ${wrong.error}`);
      const expected = used * 5;
      if (all.length !== expected)
        throw new Broken(`${all.length} things of ${expected} were done`);
      return expected;
    },
  };
}
