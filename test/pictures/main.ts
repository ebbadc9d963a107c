import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { startHubProcess } from "../bench/hubProcess.ts";
import { signIn } from "../fixtures/browser.ts";
import { buildPages } from "../fixtures/build.ts";
import { launchChromium } from "../fixtures/chromium.ts";
import { tellStory } from "./story.ts";

/** `npm run pictures`: the pictures of the console in README and docs/, taken of a running one. */
const images = join(import.meta.dirname, "../../docs/images");
const themes = ["light", "dark"] as const;

await buildPages();
await using stack = new AsyncDisposableStack();
const target = createServer((request, response) => {
  request.resume().on("end", () => {
    response.statusCode = request.url?.startsWith("/broken") ? 503 : 200;
    response.end(response.statusCode === 200 ? "ok" : "down for maintenance");
  });
}).listen(0, "127.0.0.1");
await once(target, "listening");
stack.defer(() => void target.close());
const hub = stack.use(await startHubProcess());
const browser = stack.use(await launchChromium());
const { port } = target.address() as AddressInfo;
const pages = await tellStory(hub, `http://127.0.0.1:${port}`);

for (const colorScheme of themes) {
  const context = await browser.newContext({
    colorScheme,
    viewport: { width: 1280, height: 800 },
  });
  const page = await context.newPage();
  await page.goto(hub.url);
  await signIn(page, hub.key);
  for (const [name, path] of Object.entries(pages)) {
    await page.goto(`${hub.url}${path}`);
    await page.getByRole("main").getByRole("heading").first().waitFor();
    await page.waitForLoadState("networkidle");
    await page.screenshot({ path: join(images, `${name}-${colorScheme}.png`) });
  }
  await context.close();
}
