import { createClient } from "graphql-ws";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { startFrame } from "../fixtures/frame.ts";
import { bareSocket } from "../fixtures/socket.ts";

const BELONGS =
  'send {"authorization": "Bearer <key>"} in connection_init, or the Authorization header of the upgrade request';
const viewer = "{ viewer { keyName } }";

/** What graphql-ws's client receives, with its own settings for trying again. */
async function refused(url: string, connectionParams?: Record<string, unknown>) {
  let connections = 0;
  const client = createClient({
    url: `${url.replace("http", "ws")}/graphql`,
    webSocketImpl: WebSocket,
    ...(connectionParams && { connectionParams }),
    on: { connecting: () => connections++ },
  });
  const { code, reason } = await new Promise<{ code: number; reason: string }>((resolve) =>
    client.subscribe(
      { query: viewer },
      {
        next: () => {},
        complete: () => {},
        error: (error) => resolve(error as { code: number; reason: string }),
      },
    ),
  );
  return { code, reason, connections };
}

test.each([
  ["no key", undefined, "No key"],
  ["an empty one", { authorization: "" }, "No key"],
  ["one at another place", { headers: { authorization: "Bearer admin" } }, "No key"],
  ["no scheme", { authorization: "admin" }, "No Bearer"],
  ["another scheme", { Authorization: "Basic YWRtaW4=" }, "No Bearer"],
  ["what is no text", { authorization: 7 }, "No Bearer"],
  ["a placeholder", { authorization: "Bearer sbx_…" }, "Placeholder"],
  ["a wrong key", { authorization: "Bearer nobody" }, "Wrong key"],
])(
  "%s: the client is told where the key belongs, and does not try again",
  async (_, params, is) => {
    await using frame = await startFrame();
    expect(await refused(frame.url, params)).toEqual({
      code: 4401,
      reason: `${is}: ${BELONGS}`,
      connections: 1,
    });
  },
);

test("the upgrade request's key is taken when connection_init has none, and only then", async () => {
  await using frame = await startFrame();
  const asked = async (authorization: string, payload?: object) => {
    await using socket = bareSocket(frame.url, { headers: { authorization } });
    await socket.opened;
    socket.send({ type: "connection_init", payload });
    await expect
      .poll(() => socket.messages.length + Number(socket.socket.readyState === WebSocket.CLOSED))
      .toBe(1);
    if (socket.messages.length === 0) return (await socket.closed).code;
    socket.subscribe("1", viewer);
    await expect.poll(() => socket.got("1").length).toBe(2);
    const answer = socket.got("1")[0]?.payload as { data: { viewer: { keyName: string } } };
    return answer.data.viewer.keyName;
  };
  expect(await asked("bearer viewer")).toBe("viewer");
  expect(await asked("Bearer viewer", {})).toBe("viewer");
  expect(await asked("Bearer viewer", { authorization: "Bearer admin" })).toBe("admin");
  // A proxy's own.
  expect(await asked("Basic YWRtaW4=", { authorization: "Bearer admin" })).toBe("admin");
  expect(await asked("Bearer viewer", { authorization: "Bearer nobody" })).toBe(4401);
  expect(await asked("Bearer nobody")).toBe(4401);
});
