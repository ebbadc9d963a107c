import { Agent, request } from "node:http";
import { Agent as UndiciAgent, request as undiciRequest } from "undici";
import { concurrently, perSecond } from "./measure.ts";

const COUNT = 20_000;
const WIDTH = 64;
const body = JSON.stringify({
  specversion: "1.0",
  id: "x",
  type: "bench",
  source: "x",
  time: "x",
  data: { pad: "y".repeat(200) },
});
const headers = { "content-type": "application/json" };

/** R: what this machine can POST at all to the same receiver, with nothing around it; requests a second. */
export async function rawPosts(url: string): Promise<{ nodeHttp: number; undici: number }> {
  const agent = new Agent({ keepAlive: true, maxSockets: WIDTH });
  const post = () =>
    new Promise<void>((resolve, reject) => {
      const sent = request(url, { method: "POST", agent, headers }, (response) => {
        response.resume();
        response.on("end", resolve);
      });
      sent.on("error", reject);
      sent.end(body);
    });
  await concurrently(2_000, WIDTH, post);
  const nodeHttp = await perSecond(COUNT, () => concurrently(COUNT, WIDTH, post));
  agent.destroy();

  const dispatcher = new UndiciAgent({ connections: WIDTH, pipelining: 1 });
  const undiciPost = async () => {
    const response = await undiciRequest(url, { method: "POST", dispatcher, headers, body });
    await response.body.dump();
  };
  await concurrently(2_000, WIDTH, undiciPost);
  const undici = await perSecond(COUNT, () => concurrently(COUNT, WIDTH, undiciPost));
  await dispatcher.close();
  return { nodeHttp, undici };
}
