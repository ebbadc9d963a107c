import { expect } from "vitest";
import { browserTest, editorsOf, visitor } from "../fixtures/browser.ts";
import { clientCertificate, clientKey } from "../fixtures/clientCertificates.ts";
import { testHub } from "../fixtures/hub.ts";

browserTest(
  "how a hook authenticates is given as JSON, shown without its secrets, changed and taken away",
  async () => {
    await using hub = await testHub();
    await using browser = await visitor();
    await using visit = await browser.visit(`${hub.url}/hooks/new`, hub.key);
    const { page } = visit;
    const button = (name: string) => page.getByRole("button", { name });
    const field = page.getByLabel("Authentication");
    const edit = async (text: string) => {
      await button("Edit").click();
      await page.getByText("Delivery settings").click();
      await field.fill(text);
      await button("Save").click();
    };

    await editorsOf(page);
    await page.getByLabel("URL").fill("https://127.0.0.1:9/");
    await page.getByLabel("Event types").fill("a");
    await page.getByText("Delivery settings").click();
    await field.fill("{");
    await field.blur();
    await page.getByText("A JSON object with oauth2, mtls or ca").first().waitFor();
    const oauth2 = { tokenUrl: "http://127.0.0.1:9/t", clientId: "hub-1", clientSecret: "sesame" };
    await field.fill(JSON.stringify({ oauth2: { ...oauth2, clientId: "" } }));
    await button("Create hook").click();
    await page.getByText("field 'auth.oauth2.clientId' must be").waitFor();
    await field.fill(JSON.stringify({ oauth2 }));
    await button("Create hook").click();
    await button("I have saved it").click();
    await page.locator("dd").getByText("hub-1").waitFor();
    await page.locator("dd").getByText("http://127.0.0.1:9/t").waitFor();
    expect(await page.content()).not.toContain("sesame");

    await edit(JSON.stringify({ mtls: { certificate: clientCertificate, key: clientKey } }));
    await page.getByText("O=Example, CN=hub, until 2126-11-06").waitFor();
    expect(await page.getByText("hub-1").count()).toBe(0);
    await edit("null");
    // The form does not show it, so that it would be gone before it is saved.
    await button("Edit").waitFor();
    await page.getByText("O=Example").waitFor({ state: "detached" });
    expect(visit.troubles).toEqual([]);
  },
);
