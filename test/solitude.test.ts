import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createLanes } from "../src/worker/lanes.ts";
import { createSolitude } from "../src/worker/solitude.ts";
import { emitMany, register } from "./fixtures/hooks.ts";
import { testHub } from "./fixtures/hub.ts";
import { receiver } from "./fixtures/receiver.ts";

function oneLane() {
  const lanes = createLanes(() => {});
  lanes.feed([{ projectId: "p", hookId: "h" }]);
  const [turn] = lanes.next();
  if (!turn) throw new Error("no turn");
  return turn.lane;
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

test("while a suspect is due nothing else is claimed, and it is when nothing is in flight", () => {
  const solitude = createSolitude();
  expect(solitude.permit(false)).toEqual({ isAlone: false });
  const lane = oneLane();
  expect(solitude.saw(lane)).toBe(0);
  expect(solitude.permit(false)).toBe(null);
  expect(solitude.permit(true)).toEqual({ isAlone: true, lanes: new Set([lane]) });
  expect(solitude.permit(true)).toBe(null);
  solitude.over(true);
  expect(solitude.permit(false)).toEqual({ isAlone: false });
  expect(solitude.saw(lane)).toBe(0);
});

test("a suspect that is not to be had is looked for again a second later", () => {
  const solitude = createSolitude();
  const lane = oneLane();
  solitude.saw(lane);
  solitude.permit(true);
  solitude.over(false);
  vi.advanceTimersByTime(400);
  expect(solitude.saw(lane)).toBe(600);
  expect(solitude.permit(false)).toEqual({ isAlone: false });
  vi.advanceTimersByTime(600);
  expect(solitude.saw(lane)).toBe(0);
});

test("what two processes have died of is sent with nothing beside it, and all the rest still flows", async () => {
  vi.useRealTimers();
  await using hub = await testHub();
  const open: boolean[] = [];
  let together = 0;
  await using target = await receiver(({ path }, response) => {
    const isSuspect = path === "/suspect";
    if (isSuspect ? open.length > 0 : open.includes(true)) together++;
    open.push(isSuspect);
    setTimeout(() => {
      open.splice(open.indexOf(isSuspect), 1);
      response.end();
    }, 50);
  });
  const suspects = await register(hub, { url: `${target.url}/suspect`, types: ["s"] });
  await register(hub, { url: `${target.url}/other`, types: ["o"] });
  await hub.db.sql`
    create function public.suspect() returns trigger language plpgsql as $$ begin new.unknown_count := 2; return new; end $$`;
  await hub.db.sql.unsafe(`
    create trigger suspect before insert on signalbox.deliveries for each row
    when (new.hook_id = '${suspects.id}') execute function public.suspect()`);
  const other = () =>
    emitMany(
      hub,
      Array.from({ length: 40 }, () => ({ type: "o" })),
    );
  await other();
  await emitMany(hub, [{ type: "s" }, { type: "s" }, { type: "s" }]);
  await other();
  await expect.poll(() => target.requests.length, { timeout: 60_000 }).toBe(83);
  expect(together).toBe(0);
});
