import { browserTest, editorsOf, eventually, visitor } from "../fixtures/browser.ts";
import { emit } from "../fixtures/hooks.ts";
import { testHub } from "../fixtures/hub.ts";
import { receiver } from "../fixtures/receiver.ts";

browserTest(
  "a hook's body is written by a template or a selection, previewed as it is, and sent so",
  async () => {
    await using hub = await testHub();
    await using target = await receiver();
    await emit(hub, { type: "order.paid", data: { amount: 5 } });
    await using browser = await visitor();
    await using visit = await browser.visit(`${hub.url}/hooks/new`, hub.key);
    const { page } = visit;
    const save = () => page.getByRole("button", { name: /^(Create hook|Save)$/ }).click();
    await editorsOf(page);
    await page.getByLabel("URL").fill(target.url);
    await page.getByLabel("Event types").fill("order.paid");
    await page.getByLabel("Name", { exact: true }).fill("slack");
    await page.getByText("Body", { exact: true }).click();
    await page.getByLabel("Template").fill("{{ event.data.amount");
    await page.getByText("not closed").first().waitFor();
    await page.getByLabel("Template").fill("paid {{ event.data.amount }}");
    await page.getByLabel("Content type").fill("text/plain");
    await page.getByText("paid 5").waitFor();
    await page.getByText("(text/plain)").waitFor();
    await page.getByLabel("Description").fill("For the sales channel");
    await page.getByLabel("Metadata").fill('{"team":"sales"}');
    await save();
    await page.getByText("whsec_").waitFor();
    await page.getByRole("button", { name: "I have saved it" }).click();
    // Of the hook's page: the form's editors show the same texts before it is saved.
    const facts = page.locator("dd");
    await facts.getByText("paid {{ event.data.amount }}").waitFor();
    await facts.getByText("For the sales channel").waitFor();
    await emit(hub, { type: "order.paid", data: { amount: 6 } });
    await eventually(() => target.requests.at(-1)?.body).toBe("paid 6");

    await page.getByRole("button", { name: "Edit" }).click();
    await page.getByLabel("Selection").fill("{ data { amount } }");
    await save();
    await page.getByText("not both").first().waitFor();
    await page.getByLabel("Template").fill("");
    await page.getByLabel("Content type").fill("");
    await page.getByText('{"data":{"amount":6}}').or(page.getByText('"amount"')).first().waitFor();
    await save();
    await facts.getByText("{ data { amount } }").waitFor();
    await emit(hub, { type: "order.paid", data: { amount: 7 } });
    await eventually(() => target.requests.at(-1)?.body).toBe('{"data":{"amount":7}}');
  },
);
