import { expect } from "vitest";
import { inspect } from "../fixtures/axe.ts";
import { browserTest, dialogOf, eventually, visitor } from "../fixtures/browser.ts";
import { accepted } from "../fixtures/emit.ts";
import { testHub } from "../fixtures/hub.ts";

browserTest(
  "filters of the feed and of deliveries are saved under a name, opened again and forgotten",
  async () => {
    await using hub = await testHub();
    await accepted(hub, { type: "order.paid", name: "Paid" });
    await accepted(hub, { type: "ticket.created", name: "Ticket" });
    await using browser = await visitor();
    await using visit = await browser.visit(`${hub.url}/?type=ticket.*`, hub.key);
    const { page } = visit;
    const views = page.getByRole("main").getByRole("button", { name: /^(Views|My tickets)$/ });
    await page.getByText("Ticket").first().waitFor();
    expect(await page.getByText("Paid").count()).toBe(0);
    await views.click();
    await page.getByRole("menuitem", { name: "Save this view…" }).click();
    const name = page.getByLabel("Name", { exact: true });
    await name.fill(" My tickets ");
    // To the field itself: the menu that closes may still give the focus back.
    await name.press("Enter");
    await dialogOf(page).waitFor({ state: "detached" });
    await eventually(() => views.textContent()).toContain("My tickets");

    await page.goto(hub.url);
    await page.getByText("Paid").first().waitFor();
    await views.click();
    await page.getByRole("menuitem", { name: "My tickets" }).click();
    await eventually(() => new URL(page.url()).search).toBe("?type=ticket.*");
    await eventually(() => page.getByText("Paid").count()).toBe(0);

    // Those of another list are others.
    await page.goto(`${hub.url}/deliveries?status=all`);
    await views.click();
    await page.getByRole("menuitem", { name: "Save this view…" }).waitFor();
    expect(await page.getByRole("menuitem").count()).toBe(1);

    await page.goto(`${hub.url}/?type=ticket.*`);
    await views.click();
    await page.getByRole("menuitem", { name: "Forget this view" }).click();
    await eventually(() => views.textContent()).toContain("Views");
    await page.reload();
    await views.click();
    await page.getByRole("menuitem", { name: "Save this view…" }).waitFor();
    expect(await page.getByRole("menuitem").count()).toBe(1);
    await inspect(hub, browser, [["/deliveries", ".menu", "Views"]]);
  },
);
