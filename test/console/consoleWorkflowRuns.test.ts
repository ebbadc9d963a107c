import { expect } from "vitest";
import { inspect } from "../fixtures/axe.ts";
import { browserTest, eventually, visitor } from "../fixtures/browser.ts";
import { accepted } from "../fixtures/emit.ts";
import { testHub } from "../fixtures/hub.ts";
import { receiver } from "../fixtures/receiver.ts";
import { install, registerType, released } from "../fixtures/workflows.ts";

browserTest(
  "a workflow shows its steps in their order, and each run whose it is, where it stands, why, and for how long",
  async () => {
    await using hub = await testHub();
    let answers = 503;
    const held: (() => void)[] = [];
    await using target = await receiver((request, response) => {
      if (request.path === "/held") held.push(() => response.end());
      else response.writeHead(request.path === "/ship" ? answers : 200).end();
    });
    await registerType(hub, "a");
    const id = await released(hub, {
      name: "Orders",
      steps: [
        { id: "pay", name: "Take the money", url: `${target.url}/pay`, retries: 0 },
        {
          ...{ id: "ship", name: "Ship it", url: `${target.url}/ship`, retries: 1 },
          body: { status: "{{ steps.pay.status }}" },
        },
        { id: "tell", url: `${target.url}/held` },
      ],
    });
    await install(hub, id, {}, "u");
    await using browser = await visitor();
    await using visit = await browser.visit(`${hub.url}/workflows/${id}`, hub.key);
    const { page } = visit;
    const order = page.getByRole("region", { name: "Steps" }).getByRole("listitem");
    await order.first().waitFor();
    const texts = (await order.allTextContents()).map((text) => text.replaceAll(target.url, ""));
    expect(texts).toEqual([
      "An event a for a user who has installed the workflow starts a run.",
      "1Take the moneypayPOST /payOne attempt only.",
      "2Ship itshipPOST /shipUses the answer of Take the money. Up to 2 attempts.",
      expect.stringMatching(/^3tellPOST \/heldUp to \d+ attempts\.$/),
      expect.stringMatching(/^After the last step the run has succeeded\./),
    ]);

    const run = page.locator(".run");
    await accepted(hub, { type: "a", userId: "u", contextId: "order-7" });
    await run.getByText("Running", { exact: true }).waitFor();
    await run.getByRole("link", { name: "a for u" }).waitFor();
    await run.getByText("context order-7").waitFor();
    // The first attempt has failed, and nothing but the delivery changed.
    await run
      .getByText(/^At step 2 of 3, Ship it: attempt 1 of 2 failed \(.*503.*\), next (in|now)/)
      .waitFor();
    await run.getByText(/^running for \d+ s$/).waitFor();
    type Runs = { nodes: { steps: { delivery: { id: string } | null }[] }[] };
    const { workflow } = await hub.run<{ workflow: { runs: Runs } }>(
      "query ($id: ID!) { workflow(id: $id) { runs { nodes { steps { delivery { id } } } } } }",
      { id },
    );
    const retry = `mutation ($id: ID!) { retryDelivery(id: $id) { userErrors { message } } }`;
    await hub.run(retry, { id: workflow.runs.nodes[0]?.steps[1]?.delivery?.id });
    await run.getByText(/^Failed at step 2 of 3, Ship it: .*503/).waitFor();
    await run.getByText(/^took /).waitFor();

    answers = 200;
    await accepted(hub, { type: "a", name: "The next", userId: "u" });
    await run.first().getByText("At step 3 of 3, tell.").waitFor();
    await eventually(() => held.length).toBe(1);
    held[0]?.();
    await run.first().getByText("Done: 3 of 3 steps.").waitFor();
    await run.getByRole("link", { name: "The next for u" }).click();
    await page.getByRole("heading", { name: "Orders for u" }).waitFor();
    // A step that failed is not tried again by itself: where the others have that, it leads to its run.
    await page.goto(`${hub.url}/deliveries`);
    await page.getByRole("link", { name: "Open run" }).click();
    await page.getByRole("heading", { name: "Orders for u" }).waitFor();
    expect(visit.troubles).toEqual([]);
    await inspect(hub, browser, [[`/workflows/${id}`, ".run-failed"]]);
  },
);
