import { expect } from "vitest";
import { browserTest, eventually, visitor } from "../fixtures/browser.ts";
import { startFrame } from "../fixtures/frame.ts";

browserTest(
  "the documentation opens, is searched and read in the dark without another host",
  async () => {
    await using frame = await startFrame();
    await using visitors = await visitor();
    await using visit = await visitors.visit(`${frame.url}/docs/`);
    const { page, outside, troubles } = visit;
    await page.getByRole("heading", { name: "Signalbox", level: 1 }).waitFor();

    await page.keyboard.press("Control+k");
    await page.getByRole("searchbox").fill("emitEvent");
    await page.getByRole("option", { name: /Mutations.*emitEvent$/ }).click();
    await eventually(() => page.url()).toBe(`${frame.url}/docs/api/mutations#emitevent`);
    await page.locator("h2#emitevent").waitFor();
    await page.getByRole("link", { name: "EmitEventPayload!" }).first().click();
    await eventually(() => page.url()).toBe(`${frame.url}/docs/api/types#emiteventpayload`);

    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const before = await background();
    await page.getByRole("switch").first().click();
    await eventually(background).not.toBe(before);
    await page.reload();
    await eventually(background).not.toBe(before);

    await page.setViewportSize({ width: 360, height: 800 });
    const overflow = () =>
      page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
    expect(await overflow()).toBe(0);
    expect(outside).toEqual([]);
    expect(troubles).toEqual([]);
  },
);
