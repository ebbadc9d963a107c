import { gzipSync } from "node:zlib";
import { expect } from "vitest";
import { everyAction } from "../fixtures/actions.ts";
import { inspect } from "../fixtures/axe.ts";
import { browserTest, eventually, signIn, visitor } from "../fixtures/browser.ts";
import { accepted } from "../fixtures/emit.ts";
import { deliveries, register } from "../fixtures/hooks.ts";
import { testHub } from "../fixtures/hub.ts";
import { receiver, status } from "../fixtures/receiver.ts";
import { created, typeWithEvents } from "../fixtures/resources.ts";
import { scheduled } from "../fixtures/schedules.ts";
import { install, onlyRun, registerType, released } from "../fixtures/workflows.ts";

browserTest(
  "every page has no serious finding of axe in either theme, and fits a screen of 360 pixels",
  async () => {
    await using hub = await testHub();
    await using target = await receiver();
    const hook = await register(hub, { url: target.url, name: "mine" });
    const event = await accepted(hub, {
      type: "a",
      name: "A name that is too long to fit into the width of a small telephone",
      category: "orders",
      contextId: "c",
      content: "text",
      data: { deep: [{ key: "value" }], token: "x".repeat(400) },
    });
    await accepted(hub, { type: "a", contextId: "c", delay: 60 });
    await using shop = await receiver((request, response) =>
      status(request.path === "/ok" ? 200 : 500)(request, response),
    );
    const shown = await everyAction(hub, shop.url);
    await hub.run(
      `mutation { registerEventType(input: { name: "order.paid", schema: { amount: "Number" }, example: { amount: 42 } }) { userErrors { message } } }`,
    );
    await eventually(() => target.requests.length).toBe(1);
    await using browser = await visitor();
    const paths = [
      ["/", ".feed-item"],
      ["/", ".confirm", shown.important],
      [`/events/${event.id}`, ".delivery"],
      [`/events/${shown.eventId}`, ".press", `Presses: ${shown.failed}`],
      ["/hooks", "tbody tr"],
      [`/hooks/${hook.id}`, ".delivery"],
      ["/hooks/new", ".hook-form"],
      [`/hooks/${hook.id}/edit`, ".hook-form"],
      ["/types", ".table"],
      ["/types/one?name=order.paid", ".json"],
      ["/types/new", ".type-form"],
      ["/settings", ".table"],
    ] as const;
    await using door = await browser.visit(hub.url);
    await door.page.locator("form").waitFor();
    await inspect(hub, browser, paths);
  },
);

browserTest(
  "nor has any page of deliveries, resources and schedules, or of a hook that waits for consent; they fit, too",
  async () => {
    await using hub = await testHub();
    await using target = await receiver(status(500));
    const hook = { url: target.url, types: ["*"], name: "a long name of a hook that takes all" };
    const failing = await register(hub, { ...hook, retries: 0 });
    const waits = await register(hub, {
      url: target.url,
      types: ["other"],
      verification: "HOOK_SECRET",
    });
    await typeWithEvents(hub);
    await created(hub, { type: "tickets", attributes: { text: "x".repeat(400) } });
    const schedule = { name: "a long name of a schedule that emits", cron: "0 9 * * MON-FRI" };
    await scheduled(hub, { ...schedule, event: { type: "tickets.counted" } });
    await eventually(() => deliveries(hub, { hookId: failing.id })).not.toEqual([]);
    const [delivery] = await deliveries(hub, { hookId: failing.id });
    await using browser = await visitor();
    await inspect(hub, browser, [
      ["/deliveries", ".delivery"],
      ["/deliveries?time=range", ".time-bound"],
      [`/deliveries/${delivery?.id}`, ".body-text"],
      [`/hooks/${waits.id}`, ".hook-consent"],
      ["/resources", ".table"],
      ["/schedules", ".schedule-tools"],
      ["/resources/one?type=tickets&id=1", ".event-line"],
      ["/resources/new?type=tickets", ".resource-form"],
      ["/resources/edit?type=tickets&id=1", ".resource-form"],
    ]);
  },
);

browserTest("nor have the pages of workflows and their runs; they fit, too", async () => {
  await using hub = await testHub();
  await using target = await receiver();
  await registerType(hub, "a");
  const body = { name: "{{ event.name }}" };
  const steps = [
    { id: "one", url: target.url, headers: { "x-team": "a" }, body },
    { id: "two", url: "{{ user.missing }}" },
  ];
  const id = await released(hub, { steps });
  await install(hub, id, { token: "t" });
  const run = await onlyRun(hub, { data: { amount: 1 } });
  await using browser = await visitor();
  await inspect(hub, browser, [
    ["/workflows", ".table"],
    ["/workflows/new", ".step-editor"],
    [`/workflows/${id}`, ".run"],
    [`/workflows/${id}/edit`, ".workflow-tried"],
    [`/runs/${run.id}`, ".step-run"],
    [`/events/${run.event.id}`, ".run"],
  ]);
});

browserTest("the feed needs at most 250 kB of JavaScript, compressed", async () => {
  await using hub = await testHub();
  await accepted(hub, { type: "a" });
  await using browser = await visitor();
  await using visit = await browser.visit(hub.url);
  await signIn(visit.page, hub.key);
  await visit.page.goto("about:blank");
  // A page loads the others after a second, which never comes by this clock.
  await visit.page.clock.install();
  await visit.page.clock.pauseAt(Date.now() + 60_000);
  const scripts = new Set<string>();
  visit.page.on("response", (response) => {
    if (response.url().endsWith(".js")) scripts.add(response.url());
  });
  await visit.page.goto(hub.url);
  await visit.page.clock.runFor(500);
  await visit.page.locator(".feed-item").first().waitFor();
  expect(scripts.size).toBeGreaterThan(0);
  let bytes = 0;
  for (const url of scripts) {
    const response = await fetch(url, { headers: { "accept-encoding": "identity" } });
    bytes += gzipSync(Buffer.from(await response.arrayBuffer())).length;
  }
  expect(bytes).toBeGreaterThan(20_000);
  expect(bytes).toBeLessThanOrEqual(250_000);
});
