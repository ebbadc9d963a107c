import type { Samples } from "./samples.ts";

/** A question to the API. `arguments` are those of a list, without the braces; `index` varies them. */
export type Question = { name: string; query(index: number): string };

const EVENT = "nodes { id type status receivedAt } pageInfo { hasNextPage endCursor }";
const DELIVERY = "nodes { id status createdAt attemptCount hook { id name } event { id name } }";
const STATISTICS =
  "step countedAt total { accepted } points { at accepted succeeded failed latencyP95Ms answers { count } }";
const HOUR_MS = 3_600_000;

const lastHours = (hours: number) =>
  `since: "${new Date(Date.now() - hours * HOUR_MS).toISOString()}"`;
const cursorOf = (id: string) => Buffer.from(`c:${id}`).toString("base64url");
const text = (value: string) => JSON.stringify(value);

/** Every list and statistic of the API, with each of its filters: as people ask, newest first, and deep inside. */
export function questions(samples: Samples): Question[] {
  const pick = (list: string[], index: number) => list[(index * 7) % list.length] ?? "";
  const after = (list: string[], index: number) => `after: ${text(cursorOf(pick(list, index)))}`;
  const moment = (index: number) =>
    new Date(samples.oldest + ((Date.now() - samples.oldest) * ((index * 7) % 40)) / 40);
  const at = (index: number, hours = 0) =>
    text(new Date(moment(index).getTime() + hours * HOUR_MS).toISOString());
  const day = (index: number) => `since: ${at(index)}, until: ${at(index, 24)}`;
  const events = (name: string, args: (index: number) => string): Question => ({
    name: `events(${name})`,
    query: (index) => `{ events(first: 20, ${args(index)}) { ${EVENT} } }`,
  });
  const deliveries = (name: string, args: (index: number) => string): Question => ({
    name: `deliveries(${name})`,
    query: (index) => `{ deliveries(first: 20, ${args(index)}) { ${DELIVERY} } }`,
  });
  const each = (name: string, query: (index: number) => string): Question => ({ name, query });
  const anEvent = (index: number, fields: string) =>
    `{ event(id: ${text(pick(samples.events, index))}) { ${fields} } }`;
  const aHook = (index: number, fields: string) =>
    `{ hook(id: ${text(pick(samples.hooks, index))}) { ${fields} } }`;
  const aWorkflow = (fields: string) =>
    `{ workflow(id: ${text(pick(samples.workflows, 0))}) { ${fields} } }`;
  const bare = (name: string, query: string) => each(name, () => query);
  const type = (index: number) => `types: ["grown.t${(index * 7) % 50}"]`;
  const context = (index: number) => `contextId: "context ${(index * 37) % 1000}"`;
  const user = (index: number) => `userId: "user ${(index * 37) % 5000}"`;
  const subject = (index: number) =>
    `subjectType: "ticket", subjectId: ${text(String((index * 37) % 20_000))}`;
  const hookId = (index: number) => `hookId: ${text(pick(samples.hooks, index))}`;
  return [
    events("newest", () => "types: null"),
    events("a page deep inside", (i) => after(samples.events, i)),
    each("events(the last of the list)", () => `{ events(last: 20) { ${EVENT} } }`),
    each(
      "events(a page of 100 with deliveries, runs and actions)",
      (
        i,
      ) => `{ events(first: 100, ${after(samples.events, i)}) { nodes { id data subject { type id }
        deliveries(first: 5) { nodes { id status } } runs(first: 5) { nodes { id } } actions { id status } } } }`,
    ),
    events("type", type),
    events("type, deep inside", (i) => `${type(i)}, ${after(samples.events, i)}`),
    events("rare type", () => 'types: ["grown.rare"]'),
    events("type nobody emits", () => 'types: ["grown.none"]'),
    events("types by prefix", (i) => `types: ["grown.*"], ${after(samples.events, i)}`),
    events("types by a prefix nobody emits", () => 'types: ["none.*"]'),
    ...["SCHEDULED", "STAGED", "DISPATCHED", "PROCESSED", "FAILED", "CANCELLED"].flatMap(
      (status) => [
        events(`status ${status}`, () => `status: ${status}`),
        events(
          `status ${status}, deep inside`,
          (i) => `status: ${status}, ${after(samples.events, i)}`,
        ),
      ],
    ),
    events("type and status", (i) => `${type(i)}, status: FAILED`),
    events("category", (i) => `category: "category ${i % 7}"`),
    events("category nobody uses", () => 'category: "none"'),
    events("context", context),
    events("context, deep inside", (i) => `${context(i)}, ${after(samples.events, i)}`),
    events("context and type", (i) => `${context(i)}, ${type(i)}`),
    events("context and status", (i) => `${context(i)}, status: FAILED`),
    events("user", user),
    events("user and status", (i) => `${user(i)}, status: FAILED`),
    events("subject", subject),
    events("subject's type", () => 'subjectType: "ticket"'),
    events("subject's id alone", (i) => `subjectId: ${text(String((i * 37) % 20_000))}`),
    events("search, newest", (i) => `search: "${i % 2 ? "was" : "Was"} changed"`),
    events("search for one of all", (i) => `search: "Ticket ${(i + 1) * 1001} was"`),
    events("search for what is not there", () => 'search: "no such words"'),
    events("since", (i) => `since: ${at(i)}`),
    events("until", (i) => `until: ${at(i)}`),
    events("one day", day),
    events("one day and status", (i) => `${day(i)}, status: FAILED`),
    events("one day and type", (i) => `${day(i)}, ${type(i)}`),
    each("event", (i) => anEvent(i, "id name data cloudEvent causedBy { id }")),
    each("Event.deliveries", (i) =>
      anEvent(i, "deliveries(first: 100) { nodes { id attempts { number outcome } } }"),
    ),
    each("Event.deliveries(status)", (i) =>
      anEvent(i, "deliveries(first: 20, status: FAILED) { nodes { id } }"),
    ),
    each("Event.runs", (i) => anEvent(i, "runs(first: 20) { nodes { id steps { status } } }")),
    each("Event.actions", (i) =>
      anEvent(i, "actions { id status presses(first: 5) { nodes { id status } } }"),
    ),
    each("Event.why", (i) => anEvent(i, "why { reason detail hook { name } }")),
    deliveries("newest", () => "status: null"),
    deliveries("a page deep inside", (i) => after(samples.deliveries, i)),
    each("deliveries(the last of the list)", () => `{ deliveries(last: 20) { ${DELIVERY} } }`),
    each(
      "deliveries(a page of 100 with attempts)",
      (i) => `{ deliveries(first: 100, ${after(samples.deliveries, i)}) { nodes { id
        attempts { number outcome statusCode requestHeaders } } } }`,
    ),
    deliveries("hook", hookId),
    deliveries("hook, deep inside", (i) => `${hookId(i)}, ${after(samples.deliveries, i)}`),
    deliveries("event", (i) => `eventId: ${text(pick(samples.events, i))}`),
    ...[
      ..."PENDING RETRYING PARKED SUCCEEDED FAILED GONE CANCELLED QUARANTINED".split(" "),
      "[FAILED, GONE, QUARANTINED]",
      "[PENDING, RETRYING, PARKED]",
    ].flatMap((status) => [
      deliveries(`status ${status}`, () => `status: ${status}`),
      deliveries(
        `status ${status}, deep inside`,
        (i) => `status: ${status}, ${after(samples.deliveries, i)}`,
      ),
      deliveries(`hook and status ${status}`, (i) => `${hookId(i)}, status: ${status}`),
    ]),
    deliveries(
      "two hooks",
      (i) => `hookIds: [${text(pick(samples.hooks, i))}, ${text(pick(samples.hooks, i + 1))}]`,
    ),
    deliveries("event type", type),
    deliveries("event type, deep inside", (i) => `${type(i)}, ${after(samples.deliveries, i)}`),
    deliveries("user", user),
    deliveries("status code", () => "statusCodes: [503]"),
    deliveries("error", () => `error: "503"`),
    deliveries("data", (i) => `search: "${(i * 37) % 5000}"`),
    deliveries("since", (i) => `since: ${at(i)}`),
    deliveries("until", (i) => `until: ${at(i)}`),
    deliveries("one day", day),
    deliveries("one day and status", (i) => `${day(i)}, status: FAILED`),
    deliveries("one day and hook", (i) => `${day(i)}, ${hookId(i)}`),
    each(
      "delivery",
      (i) => `{ delivery(id: ${text(pick(samples.deliveries, i))}) { id requestBody
      attempts { number outcome responseBody } event { id } hook { id } } }`,
    ),
    bare(
      "hooks(with all their counts)",
      `{ hooks(first: 20) { nodes { id name status triggeredCount succeededCount failedCount waitingCount parkedCount
        hours(last: 168) { hour succeeded failed retried } } } }`,
    ),
    bare(
      "hooks(with deliveries)",
      "{ hooks(first: 50) { nodes { id deliveries(first: 5) { nodes { id status } } } } }",
    ),
    bare("hooks(failing)", "{ hooks(first: 20, isFailing: true) { nodes { id } } }"),
    each("hooks(type)", (i) => `{ hooks(first: 20, type: "grown.t${i % 50}") { nodes { id } } }`),
    each("hooks(search)", (i) => `{ hooks(first: 20, search: "t${i % 50} sec") { nodes { id } } }`),
    each("hookByName", (i) => `{ hookByName(name: "grown.t${i % 50} first") { id status } }`),
    each("Hook.deliveries", (i) =>
      aHook(i, "deliveries(first: 100) { nodes { id status event { name } } }"),
    ),
    ...["PARKED", "FAILED", "SUCCEEDED", "GONE", "RETRYING"].map((status) =>
      each(`Hook.deliveries(status ${status})`, (i) =>
        aHook(i, `deliveries(first: 20, status: ${status}) { nodes { id } }`),
      ),
    ),
    each("Hook's counts and hours", (i) =>
      aHook(
        i,
        "triggeredCount lastTriggeredAt succeededCount failedCount waitingCount parkedCount hours(last: 168) { hour }",
      ),
    ),
    bare(
      "previewHook",
      `{ previewHook(first: 100, input: { types: ["grown.t1"], filter: "event.data.pad == 'x'" }) {
        userErrors { message } } }`,
    ),
    bare(
      "eventTypes(with hooks)",
      "{ eventTypes(first: 100) { nodes { name hooks(first: 5) { nodes { id } } } } }",
    ),
    each(
      "eventTypes(search)",
      (i) => `{ eventTypes(first: 20, search: "t${i % 50}") { nodes { name } } }`,
    ),
    each(
      "eventType(with versions)",
      (i) => `{ eventType(name: "grown.t${i % 50}") { id versions { version } } }`,
    ),
    bare(
      "overview(of a day)",
      `{ overview { acceptedPerSecond deliveredPerSecond failingHooks oldestWaitingSeconds
        minutes(last: 1440) { minute accepted delivered failed } } }`,
    ),
    bare("statistics(of a day)", `{ statistics(${lastHours(24)}) { ${STATISTICS} } }`),
    bare("statistics(of a month)", `{ statistics(${lastHours(720)}) { ${STATISTICS} } }`),
    each(
      "statistics(of a hook, a day)",
      (i) => `{ statistics(${lastHours(24)}, ${hookId(i)}) { ${STATISTICS} } }`,
    ),
    each(
      "statistics(of a type, a day)",
      (i) => `{ statistics(${lastHours(24)}, type: "grown.t${i % 50}") { ${STATISTICS} } }`,
    ),
    each(
      "action",
      (i) => `{ action(id: ${text(pick(samples.actions, i))}) { id status event { id }
      presses(first: 20) { nodes { id status attempt { outcome } } } } }`,
    ),
    bare(
      "workflows(with runs)",
      "{ workflows(first: 20) { nodes { id runs(first: 20) { nodes { id } } } } }",
    ),
    bare(
      "Workflow.runs",
      aWorkflow("runs(first: 100) { nodes { id status event { name } steps { status } } }"),
    ),
    each("Workflow.runs(deep inside)", (i) =>
      aWorkflow(`runs(first: 20, ${after(samples.runs, i)}) { nodes { id status } }`),
    ),
    ...["FAILED", "SUCCEEDED", "RUNNING"].map((status) =>
      bare(
        `Workflow.runs(status ${status})`,
        aWorkflow(`runs(first: 20, status: ${status}) { nodes { id } }`),
      ),
    ),
    bare("Workflow.installs", aWorkflow("installs(first: 100) { nodes { id userId } }")),
    each(
      "run",
      (i) =>
        `{ run(id: ${text(pick(samples.runs, i))}) { id status steps { status output } event { id } } }`,
    ),
    bare("resources", '{ resources(type: "tickets", first: 20) { nodes { id attributes } } }'),
    each(
      "resources(deep inside)",
      (i) =>
        `{ resources(type: "tickets", first: 20, ${after(samples.resources, i)}) { nodes { id } } }`,
    ),
    each(
      "resource",
      (i) => `{ resource(type: "tickets", resourceId: "${i + 1}") { id attributes } }`,
    ),
    bare("resourceTypes", "{ resourceTypes { name createdEvent } }"),
    each(
      "replay",
      (i) => `{ replay(id: ${text(pick(samples.replays, i))}) { id status matched created } }`,
    ),
    bare(
      "viewer, keys, hub, feedCursor",
      "{ viewer { project { name } key { name } } apiKeys { id name } hub { version } feedCursor }",
    ),
    bare("catalogs", "{ catalogs { name types { name } } }"),
    each("node", (i) => `{ node(id: ${text(pick(samples.deliveries, i))}) { id } }`),
  ];
}
