import { expect, test } from "vitest";
import { newSecret } from "../../src/domain/delivery/signature.ts";
import { program } from "../fixtures/documents.ts";
import { withKit } from "../fixtures/kit.ts";
import { freePort } from "../fixtures/machine.ts";
import { expectReceives } from "../fixtures/oddBodies.ts";
import { folder, runProgram } from "../fixtures/scripts.ts";

const kit = program("receiver", "js kit");
const servers = {
  "node:http": program("receiver", "js http"),
  Express: program("receiver", "js express"),
  Fastify: program("receiver", "js fastify"),
};
/** Handlers of web requests, which a platform calls. */
const functions = {
  Hono: program("receiver", "js hono"),
  "Next.js": program("receiver", "js next"),
  "AWS Lambda": program("receiver", "js lambda"),
};

const send = (url: string, method: string, headers: Record<string, string>, body: Uint8Array) =>
  fetch(url, { method, headers, ...(method === "POST" && { body: new Uint8Array(body) }) });

/** Runs a server's program. */
async function serve(code: string) {
  const [secret, port] = [newSecret(), await freePort()];
  const here = withKit(code).replace("9000", String(port));
  const server = await runProgram("receiver.mjs", here, [process.execPath], { SECRET: secret });
  const url = `http://127.0.0.1:${port}`;
  const isUp = () => fetch(url, { method: "OPTIONS" }).then(() => true);
  await expect.poll(() => isUp().catch(() => server.output)).toBe(true);
  return Object.assign(server, { url, secret });
}

test.each(Object.entries(servers))("the receiver in %s", async (_name, code) => {
  await using server = await serve(`${kit}\n${code}`);
  await expectReceives(
    (headers, body, method = "POST") => send(`${server.url}/hooks`, method, headers, body),
    server.secret,
    expect,
  );
  expect(server.lines.filter((line) => line.endsWith(" 7"))).toHaveLength(2);
});

test.each(Object.entries(functions))("the receiver in %s", async (name, code) => {
  await using place = await folder();
  const secret = newSecret();
  const module = await place.load(
    withKit(`${kit}\n${code}`)
      .replace("process.env.SECRET", JSON.stringify(secret))
      .replace("console.log(", "String("),
  );
  await expectReceives(
    (headers, body, method = "POST") => call(name, module, method, headers, body),
    secret,
    expect,
  );
});

/** Calls a function as its platform does. */
async function call(
  name: string,
  // biome-ignore lint/suspicious/noExplicitAny: it is whatever the document's program exports
  module: any,
  method: string,
  headers: Record<string, string>,
  body: Uint8Array,
): Promise<Response> {
  if (name === "AWS Lambda") {
    const answer = await module.handler({
      requestContext: { http: { method } },
      rawPath: "/hooks",
      headers,
      body: Buffer.from(body).toString("base64"),
      isBase64Encoded: true,
    });
    return new Response(answer.body || null, {
      status: answer.statusCode,
      headers: answer.headers,
    });
  }
  const request = new Request("http://localhost/hooks", {
    method,
    headers,
    ...(method === "POST" && { body: new Uint8Array(body) }),
  });
  return name === "Hono" ? module.default.fetch(request) : module[method](request, {});
}

/** Of a server that uses both ways to have a body parsed before. */
const parsed = `
import express from "express";
const app = express();
app.all("/raw", express.raw({ type: "*/*", limit: "3mb" }), receiver.node);
app.all("/json", express.json(), receiver.node);
app.listen(9000);`;

test("a body that a parser has left as it was is taken, and one that it has changed is refused in words", async () => {
  await using server = await serve(`${kit}\n${parsed}`);
  await expectReceives(
    (headers, body, method = "POST") => send(`${server.url}/raw`, method, headers, body),
    server.secret,
    expect,
  );
  const headers = { "content-type": "application/json" };
  expect((await send(`${server.url}/json`, "POST", headers, Buffer.from("{}"))).status).toBe(500);
  expect(server.output).toContain("put the receiver before express.json()");
});
