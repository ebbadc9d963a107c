import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { createSecretBox } from "../../src/domain/project/secretBox.ts";
import { createSessionCookie, SESSION_MS } from "../../src/http/session/sessionCookie.ts";
import { type Frame, startFrame } from "../fixtures/frame.ts";

let frame: Frame;
beforeAll(async () => {
  frame = await startFrame({ allowedOrigins: ["https://listed.example"] });
});
afterAll(() => frame[Symbol.asyncDispose]());

const session = (method: string, headers: Record<string, string>) =>
  fetch(`${frame.url}/session`, { method, headers: { origin: frame.url, ...headers } });
const signIn = (headers: Record<string, string> = {}) =>
  session("POST", { authorization: "Bearer admin", ...headers });
async function cookieOf(response: Response) {
  expect(response.status).toBe(204);
  return response.headers.get("set-cookie") ?? "";
}
const query = async (headers: Record<string, string>) => {
  const response = await fetch(`${frame.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ query: "{ __typename }" }),
  });
  return response.status;
};

test("a session's cookie stands for the key on pages of the hub", async () => {
  const set = await cookieOf(await signIn());
  expect(set).toMatch(/^signalbox_session_\d+=v1\.[\w.-]+; Path=\/; HttpOnly; SameSite=Strict$/);
  expect(set).not.toContain("admin");
  const [cookie = ""] = set.split(";");
  expect(await query({ cookie, origin: frame.url })).toBe(200);
  expect(await query({ cookie: `a=b; ${cookie}; c=d`, origin: frame.url })).toBe(200);
});

test("a cookie that another page makes the browser send, opens nothing", async () => {
  const [cookie = ""] = (await cookieOf(await signIn())).split(";");
  const { port } = new URL(frame.url);
  expect(await query({ cookie })).toBe(401);
  expect(await query({ cookie, origin: "https://listed.example" })).toBe(401);
  expect(await query({ cookie, origin: "null" })).toBe(403);
  expect(await query({ cookie, origin: `http://127.0.0.1:${Number(port) + 1}` })).toBe(403);
  expect(await query({ cookie, origin: `http://evil.example:${port}` })).toBe(403);
  expect(await query({ cookie, origin: frame.url.replace("http:", "https:") })).toBe(401);
});

test("a cookie that was altered, or named for another port, opens nothing", async () => {
  const [cookie = ""] = (await cookieOf(await signIn())).split(";");
  const [name = "", value = ""] = cookie.split("=");
  for (const wrong of [
    `${name}=`,
    `${name}=admin`,
    `${name}=${value.slice(0, -2)}`,
    `${name}=${value}A`,
    `signalbox_session_1=${value}`,
    `${name}=%`,
  ])
    expect(await query({ cookie: wrong, origin: frame.url })).toBe(401);
});

test("a key in the request counts more than the session, and a wrong one is not made good by it", async () => {
  const [cookie = ""] = (await cookieOf(await signIn())).split(";");
  const own = { cookie, origin: frame.url };
  expect(await query({ ...own, authorization: "Bearer wrong" })).toBe(401);
  expect(await query({ ...own, authorization: "Bearer PASTE_YOUR_KEY" })).toBe(401);
});

test("a websocket of the hub's own page has the session, and that of another page has not", async () => {
  const [cookie = ""] = (await cookieOf(await signIn())).split(";");
  async function answerTo(origin: string) {
    const socket = new WebSocket(
      `${frame.url.replace("http", "ws")}/graphql`,
      "graphql-transport-ws",
      {
        headers: { cookie, origin },
      },
    );
    await once(socket, "open");
    socket.send('{"type":"connection_init"}');
    const answer = await Promise.race([
      once(socket, "message").then(([data]) => String(data)),
      once(socket, "close").then(([code]) => code as number),
    ]);
    socket.terminate();
    return answer;
  }
  expect(await answerTo(frame.url)).toContain("connection_ack");
  expect(await answerTo("https://listed.example")).toBe(4401);
});

test("signing in with a wrong key, from another page or by another method says what would be right", async () => {
  const answers = [
    await signIn({ authorization: "Bearer wrong" }),
    await session("POST", {}),
    await signIn({ origin: "https://listed.example" }),
    await session("GET", {}),
  ];
  expect(answers.map(({ status }) => status)).toEqual([401, 401, 403, 405]);
  for (const answer of answers) expect(answer.headers.get("set-cookie")).toBeNull();
  expect(answers[3]?.headers.get("allow")).toBe("POST, DELETE");
  expect((await answers[2]?.json()) as unknown).toEqual({
    error:
      "Only the hub's own pages have sessions. Programs send the header Authorization: Bearer <key>.",
  });
});

test("signing out removes the cookie", async () => {
  expect(await cookieOf(await session("DELETE", {}))).toMatch(
    /^signalbox_session_\d+=; Path=\/; HttpOnly; SameSite=Strict; Max-Age=0$/,
  );
});

test("a session ends after 7 days, is Secure over https, and lies below the hub's path", () => {
  const cookie = createSessionCookie(createSecretBox([{ id: "a", key: randomBytes(32) }]), "/hub");
  const page = { headers: { origin: "https://hub.example" } } as never;
  const now = Date.now();
  const set = cookie.begin(page, "a key", now);
  expect(set).toContain("; Path=/hub/; ");
  expect(set).toContain("; Secure");
  const sent = {
    headers: { origin: "https://hub.example", cookie: set.split(";")[0] },
  } as never;
  expect(cookie.read(sent, now + SESSION_MS - 1)).toBe("a key");
  expect(cookie.read(sent, now + SESSION_MS)).toBeUndefined();
});
