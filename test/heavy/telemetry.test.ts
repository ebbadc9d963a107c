import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CollectedSpan, type Collector, collector, kinds } from "../fixtures/collector.ts";
import { freshDatabase } from "../fixtures/database.ts";
import { program } from "../fixtures/documents.ts";
import { testWith } from "../fixtures/machine.ts";
import {
  type HubProcess,
  hubProcess,
  type Installation,
  installation,
} from "../fixtures/process.ts";
import { type Receiver, receiver, status, statuses } from "../fixtures/receiver.ts";
import { answer, rest } from "../fixtures/rest.ts";

let otlp: Collector;
let target: Receiver;
let database: Awaited<ReturnType<typeof freshDatabase>>;
let site: Installation;
let hub: HubProcess;
/** The variables of the page's command. */
const variables = () =>
  Object.fromEntries(
    [...program("telemetry", "sh start").matchAll(/\b(OTEL_\w+)=(\S+)/g)].map(([, name, value]) => [
      name,
      value,
    ]),
  );

beforeAll(async () => {
  [otlp, target, database] = await Promise.all([collector(), receiver(), freshDatabase()]);
  site = installation({ DATABASE_URL: database.url });
  expect(variables().OTEL_EXPORTER_OTLP_ENDPOINT).toBe("http://127.0.0.1:4318");
  hub = await hubProcess(site, { ...variables(), ...otlp.env, LOG_LEVEL: "debug" });
  await hub.run(
    `mutation ($url: String!) { registerHook(input: { url: $url, types: ["*"], retryScheduleMs: [100] }) { hook { id } } }`,
    { url: `${target.url}/hooks/secret?token=hidden` },
  );
});
afterAll(async () => {
  await hub[Symbol.asyncDispose]();
  for (const one of [otlp, target, database]) await one[Symbol.asyncDispose]();
});

const send = (path: string, body: object, headers: Record<string, string> = {}) =>
  rest({ url: hub.url, key: site.key }, "POST", path, { body, headers });
const idOf = (digit: string) => digit.repeat(32);
const parentOf = (digit: string) => `00-${idOf(digit)}-00f067aa0ba902b7-01`;
const inTrace = (traceId: string) => otlp.spans().filter((span) => span.traceId === traceId);
const named = (spans: CollectedSpan[], name: string) => spans.filter((span) => span.name === name);

/** The spans of a trace, once those of these names have come. */
async function spansOf(traceId: string, ...names: string[]): Promise<CollectedSpan[]> {
  await expect
    .poll(() =>
      inTrace(traceId)
        .map(({ name }) => name)
        .sort(),
    )
    .toEqual(names.sort());
  return inTrace(traceId);
}

test("one trace leads from the caller over the request, the emit and its steps to each attempt and its receiver", async () => {
  target.answer = statuses(503, 200);
  const headers = { traceparent: parentOf("a"), tracestate: "congo=1" };
  await answer(send("/v1/events", { type: "order.paid", data: 1 }, headers), 201);
  const spans = await spansOf(
    idOf("a"),
    "POST /v1/events",
    "emit",
    "match",
    "accept",
    "POST",
    "POST",
  );
  const [request] = named(spans, "POST /v1/events");
  const [emit] = named(spans, "emit");
  expect(request).toMatchObject({
    kind: kinds.server,
    parentSpanId: "00f067aa0ba902b7",
    traceState: "congo=1",
    attributes: {
      "http.request.method": "POST",
      "http.route": "/v1/events",
      "http.response.status_code": 201,
    },
    resource: { "service.name": "signalbox" },
  });
  expect(emit).toMatchObject({ kind: kinds.producer, parentSpanId: request?.spanId });
  for (const step of ["match", "accept"])
    expect(named(spans, step)).toMatchObject([
      { parentSpanId: emit?.spanId, kind: kinds.internal },
    ]);
  const attempts = named(spans, "POST");
  const tried = (more: object) => ({
    kind: kinds.client,
    parentSpanId: emit?.spanId,
    attributes: {
      "http.request.method": "POST",
      "server.address": "127.0.0.1",
      "url.full": `${target.url}/hooks/secret`,
      "signalbox.event.type": "order.paid",
      ...more,
    },
  });
  const [first, second] = attempts.sort(
    (a, b) =>
      Number(a.attributes["http.response.status_code"] === 200) -
      Number(b.attributes["http.response.status_code"] === 200),
  );
  expect(first).toMatchObject(
    tried({
      "http.response.status_code": 503,
      "error.type": "503",
      "signalbox.outcome": "RESPONSE_ERROR",
    }),
  );
  expect(first?.status.code).toBe(2);
  expect(second).toMatchObject(
    tried({
      "http.response.status_code": 200,
      "http.request.resend_count": 1,
      "signalbox.outcome": "SUCCESS",
    }),
  );
  expect(second?.status.code ?? 0).toBe(0);
  // What the receiver continues is the attempt's own span.
  expect(target.requests.map(({ headers }) => headers.traceparent)).toEqual([
    `00-${idOf("a")}-${first?.spanId}-01`,
    `00-${idOf("a")}-${second?.spanId}-01`,
  ]);
  expect(target.requests[0]?.headers.tracestate).toBe("congo=1");
  // The log tells the trace of an attempt.
  expect(hub.output).toContain(`"trace_id":"${idOf("a")}"`);
});

test("a request without a trace begins one, which its answer's event has", async () => {
  target.answer = status(200);
  type Emitted = { emitEvent: { event: { id: string; traceId: string } } };
  const { emitEvent } = await hub.run<Emitted>(
    'mutation Named { emitEvent(input: { type: "b" }) { event { id traceId } } }',
  );
  const { traceId } = emitEvent.event;
  expect(traceId).toMatch(/^[\da-f]{32}$/);
  const spans = await spansOf(traceId, "mutation emitEvent", "emit", "match", "accept", "POST");
  const [request] = named(spans, "mutation emitEvent");
  expect(request?.parentSpanId || undefined).toBeUndefined();
  expect(request?.attributes).toMatchObject({
    "http.route": "/graphql",
    "graphql.operation.type": "mutation",
    "graphql.operation.name": "Named",
  });
});

test("a CloudEvent's own trace has its emit and attempts, linked to the request that brought it", async () => {
  const event = {
    specversion: "1.0",
    id: "1",
    source: "/s",
    type: "c",
    traceparent: parentOf("c"),
  };
  const headers = { "content-type": "application/cloudevents+json", traceparent: parentOf("d") };
  await answer(send("/v1/events", event, headers), 201);
  const spans = await spansOf(idOf("c"), "emit", "match", "accept", "POST");
  const [request] = await spansOf(idOf("d"), "POST /v1/events", "emit");
  expect(named(spans, "emit")[0]?.links).toMatchObject([
    { traceId: idOf("d"), spanId: named([...inTrace(idOf("d"))], "POST /v1/events")[0]?.spanId },
  ]);
  expect(request).toBeDefined();
});

testWith("curl")("the page's command emits in a trace of its own", async () => {
  const code = program("telemetry", "sh emit").replace("http://127.0.0.1:4000", hub.url);
  const env = { PATH: process.env.PATH, KEY: site.key };
  const { stdout } = await promisify(execFile)("sh", ["-c", code], { env });
  expect(JSON.parse(stdout)).toMatchObject({ isDuplicate: false });
  const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
  await spansOf(traceId, "POST /v1/events", "emit", "match", "accept", "POST");
});

test("an unsampled trace is carried on and not recorded", async () => {
  const before = target.requests.length;
  await answer(
    send("/v1/events", { type: "e" }, { traceparent: parentOf("e").replace(/1$/, "0") }),
    201,
  );
  await expect.poll(() => target.requests.length).toBe(before + 1);
  expect(target.requests.at(-1)?.headers.traceparent).toMatch(
    new RegExp(`^00-${idOf("e")}-[\\da-f]{16}-00$`),
  );
  await answer(send("/v1/events", { type: "f" }, { traceparent: parentOf("f") }), 201);
  await spansOf(idOf("f"), "POST /v1/events", "emit", "match", "accept", "POST");
  expect(inTrace(idOf("e"))).toEqual([]);
});

test("metrics go the same way: the time from emit to delivered, and the queue by the state of its hooks", async () => {
  await expect.poll(() => otlp.points("signalbox.emit_to_delivered")[0]?.count).toBeTruthy();
  const [point] = otlp.points("signalbox.emit_to_delivered");
  expect([point?.attributes, Number(point?.count) >= 1, Number(point?.sum) > 0]).toEqual([
    {},
    true,
    true,
  ]);
  const depths = () =>
    otlp
      .points("signalbox.queue.depth")
      .map(({ attributes }) => attributes["signalbox.hook.status"])
      .sort();
  await expect.poll(depths).toEqual(["ACTIVE", "PAUSED", "PENDING_VERIFICATION"]);
});

test("what is recorded last is sent before the process ends", async () => {
  await using own = await hubProcess(site, {
    ...variables(),
    ...otlp.env,
    OTEL_BSP_SCHEDULE_DELAY: "60000",
  });
  const headers = { traceparent: parentOf("9") };
  const body = { type: "last" };
  await answer(rest({ url: own.url, key: site.key }, "POST", "/v1/events", { body, headers }), 201);
  own.kill("SIGTERM");
  expect(await own.exited).toEqual({ code: 0, signal: null });
  expect(inTrace(idOf("9")).map(({ name }) => name)).toContain("POST /v1/events");
});

/** Writes the address of each module that is loaded. */
const tellsLoaded = `--import=data:text/javascript,${encodeURIComponent(
  "import { registerHooks } from 'node:module'; registerHooks({ load(url, context, next) { process.stderr.write(url + '\\n'); return next(url, context); } });",
)}`;
const loaded = ({ output }: HubProcess) => [
  ...new Set([...output.matchAll(/@opentelemetry\/([\w-]+)/g)].map(([, name]) => name)),
];

test("off, nothing of the SDK is loaded or sent, and the trace that came is sent on as it is", async () => {
  const off = {
    ...otlp.env,
    OTEL_SDK_DISABLED: "true",
    NODE_OPTIONS: tellsLoaded,
    LOG_LEVEL: "debug",
  };
  await using quiet = await hubProcess(site, off);
  await hub[Symbol.asyncDispose]();
  const sent = otlp.requests.length;
  const before = target.requests.length;
  const headers = { traceparent: parentOf("7") };
  const body = { type: "off" };
  await answer(
    rest({ url: quiet.url, key: site.key }, "POST", "/v1/events", { body, headers }),
    201,
  );
  await expect.poll(() => target.requests.length).toBe(before + 1);
  expect(target.requests.at(-1)?.headers.traceparent).toBe(parentOf("7"));
  await expect.poll(() => quiet.output).toContain(`"trace_id":"${idOf("7")}"`);
  quiet.kill("SIGTERM");
  expect(await quiet.exited).toEqual({ code: 0, signal: null });
  expect(otlp.requests.length).toBe(sent);
  expect(loaded(quiet)).toEqual(["api"]);
});
