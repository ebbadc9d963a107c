import { expect } from "vitest";
import { browserTest, editorsOf, eventually, visitor } from "../fixtures/browser.ts";
import { emitMany, register } from "../fixtures/hooks.ts";
import { testHub } from "../fixtures/hub.ts";
import { orderedReceiver } from "../fixtures/ordered.ts";

browserTest(
  "a hook's blocked keys show as they come, and are tried again or left out",
  async () => {
    await using hub = await testHub();
    await using target = await orderedReceiver();
    target.decide = ({ n }) => (n === 1 ? 500 : 200);
    const { id } = await register(hub, {
      ...{ url: target.url, types: ["order.paid"], name: "ledger", format: "DATA" },
      ...{ orderBy: "event.data.key", retries: 0 },
    });
    await using browser = await visitor();
    await using visit = await browser.visit(`${hub.url}/hooks/${id}`, hub.key);
    const { page } = visit;
    const button = (name: string) => page.getByRole("button", { name });
    await page.getByText("event.data.key").waitFor();
    await emitMany(
      hub,
      ["customer-7", "customer-8"].flatMap((key) =>
        [1, 2, 3].map((n) => ({ type: "order.paid", data: { key, n } })),
      ),
    );
    await page.getByRole("heading", { name: "Blocked keys" }).waitFor();
    await page.locator(".blocked-key").nth(1).waitFor();
    await page.getByText("Key customer-7").waitFor();
    expect(await page.getByText("Answered with status 500").count()).toBeGreaterThan(0);
    await page.locator(".blocked-key").filter({ hasText: "customer-7" }).getByText("Skip").click();
    await button("Skip and go on").click();
    await page.getByText("The key goes on.").waitFor();
    await eventually(() => target.accepted("customer-7").join()).toBe("2,3");
    await eventually(() => page.locator(".blocked-key").count()).toBe(1);
    target.decide = () => 200;
    await button("Try again").click();
    await button("Send it again").click();
    await eventually(() => target.accepted("customer-8").join()).toBe("1,2,3");
    await page.locator(".blocked-key").first().waitFor({ state: "detached" });

    await button("Edit").click();
    await page.getByText("Delivery settings").click();
    await editorsOf(page);
    await page.getByLabel("Order by").fill("1 + 1");
    await button("Save").click();
    await page.getByText("must yield a string").waitFor();
    await page.getByLabel("Order by").fill("event.userId");
    await page.getByLabel("When one fails for good").selectOption("SKIP");
    await button("Save").click();
    await page.getByText("event.userId").waitFor();
  },
);
