import formbody from "@fastify/formbody";
import Fastify from "fastify";
import { expect, test } from "vitest";
import { button, press } from "../fixtures/actions.ts";
import { testHub } from "../fixtures/hub.ts";

/** The document's sample receiver, as it stands. */
const SAMPLE = `// Sample nodejs/fastify code to catch actions
const Fastify = require('fastify');
const fastify = Fastify();
fastify.register(require('fastify-formbody'));
fastify.post('/ops/action', async (request, reply) => {
try {
// Access the parsed body
const { actionType, data } = request.body;
// Your logic here
console.log('Received action:', actionType);
console.log('Data:', data);
// Respond to the client
return { status: 'success', received: { actionType, data } };
} catch (error) {
// Handle any errors
console.error('Error processing request:', error);
return reply.status(500).send({ status: 'error', message: 'Internal Server Error' });
}
});
// Start the server
const start = async () => {
try {
await fastify.listen(3000);
console.log('Server listening on http://localhost:3000');
} catch (err) {
console.error(err);
process.exit(1);
}
};
start();`;

/** Runs the sample with today's Fastify, whose \`listen\` takes an object, on a free port instead of 3000. */
async function sampleServer() {
  const started = Promise.withResolvers<string>();
  const said: unknown[][] = [];
  const server = Fastify();
  const modules: Record<string, unknown> = {
    fastify: () => ({
      register: server.register.bind(server),
      post: server.post.bind(server),
      listen: (port: number) => {
        expect(port).toBe(3_000);
        return server.listen({ port: 0, host: "127.0.0.1" }).then(started.resolve, started.reject);
      },
    }),
    "fastify-formbody": formbody,
  };
  const log = (...words: unknown[]) => said.push(words);
  const exit = () => started.reject(new Error(JSON.stringify(said)));
  new Function("require", "console", "process", SAMPLE)(
    (name: string) => modules[name],
    { log, error: log },
    { exit },
  );
  const url = await started.promise;
  return { url, said, [Symbol.asyncDispose]: () => server.close() };
}

test("S0.13: the document's sample handler, run as it stands, sees actionType and data, and completes the action", async () => {
  await using hub = await testHub();
  await using server = await sampleServer();
  const meta = { name: "Shash", id: 1 };
  const { id } = await button(hub, `${server.url}/ops/action`, { key: "press_me", meta });
  const { press: ended, action } = await press(hub, id);
  expect(server.said).toEqual([
    ["Server listening on http://localhost:3000"],
    ["Received action:", "press_me"],
    ["Data:", meta],
  ]);
  expect(JSON.parse(ended?.attempt?.responseBody ?? "")).toEqual({
    status: "success",
    received: { actionType: "press_me", data: meta },
  });
  expect(action?.status).toBe("COMPLETE");
});
