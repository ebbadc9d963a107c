import type { EventTypeRow } from "../../db/eventType/eventTypes.ts";
import type { HookFormat, HookRow } from "../../db/hook/hooks.ts";
import { listEventTypes, listHooks } from "../../db/page/lists.ts";
import { typesAccept } from "../../domain/hook/hookMatch.ts";
import type { Context } from "../../graphql/builder/context.ts";
import { RawJson } from "../../util/json/rawJson.ts";
import { version } from "../../version.ts";
import { baseOf, endpoint } from "./endpoint.ts";

type Json = Record<string, unknown>;

const PAGE = 100;
const MAX_HOOKS = 100;
const schemaFormat = "application/schema+json;version=draft-2020-12";
const payload = (schema: unknown) => ({ schemaFormat, schema });

async function allTypes({ caller, read }: Context): Promise<EventTypeRow[]> {
  const rows: EventTypeRow[] = [];
  for (let after: string | undefined; ; after = rows.at(-1)?.id) {
    const request = { limit: PAGE, backward: false, after, before: undefined };
    const page = await read((sql) => listEventTypes(sql, caller.projectId, {}, request));
    rows.push(...page.rows);
    if (!page.hasNext) return rows;
  }
}

const newestHooks = ({ caller, read }: Context) =>
  read((sql) =>
    listHooks(
      sql,
      caller.projectId,
      {},
      { limit: MAX_HOOKS, backward: false, after: undefined, before: undefined },
    ),
  );

/** A key of the document for each text: its letters and digits, made unique. */
function keysFor(texts: readonly string[]): Map<string, string> {
  const keys = new Map<string, string>();
  const taken = new Set<string>();
  for (const text of texts) {
    const base = text.replace(/[^\w.-]+/g, "-");
    let key = base;
    for (let number = 2; taken.has(key); number++) key = `${base}-${number}`;
    taken.add(key);
    keys.set(text, key);
  }
  return keys;
}

/** The schema of a type's data. With its own `$id`, references in it stay in it. */
function dataSchema(url: string, { name, version, jsonSchema }: EventTypeRow): RawJson {
  const text = jsonSchema?.trim() ?? "true";
  if (!text.startsWith("{") || "$id" in JSON.parse(text)) return new RawJson(text);
  const id = JSON.stringify(`${url}/v1/schemas/${encodeURIComponent(name)}/${version}`);
  return new RawJson(`{"$id":${id}${text === "{}" ? "" : ","}${text.slice(1).trimStart()}`);
}

const object = (properties: Json, more: Json = {}) => ({
  type: "object",
  required: Object.keys(properties),
  properties: { ...properties, ...more },
});

/** What a hook of a format receives for an event. `data`: the schema of its data. */
function bodyOf(format: HookFormat, type: string, data: Json): unknown {
  const text = { type: "string" };
  switch (format) {
    case "CLOUD_EVENT":
    case "CLOUD_EVENT_STRUCTURED": {
      const specversion = { const: format === "CLOUD_EVENT" ? "1.0-rc1" : "1.0" };
      const time = { ...text, format: "date-time" };
      return object({ specversion, id: text, type: { const: type }, source: text, time, data });
    }
    case "CLOUD_EVENT_BINARY":
      return data;
    case "RESOURCE":
      return { type: "object" };
    case "EVENT":
      return object({ type: { const: type }, created_on: text }, { step_uuid: text });
  }
}

/** The channel of a hook, and the server that it calls. */
function hookParts(hook: HookRow, types: readonly string[], keys: Map<string, string>) {
  const { host, protocol, pathname, search } = new URL(hook.url);
  const messages = types.map((type) => {
    const key = `${keys.get(type)}.${hook.format}`;
    return [key, { $ref: `#/components/messages/${key}` }];
  });
  return {
    server: { host, protocol: protocol.slice(0, -1) },
    channel: {
      address: pathname + search,
      title: hook.name ?? hook.url,
      description: `Format ${hook.format}; ${hook.status}.`,
      servers: [{ $ref: `#/servers/hook-${hook.id}` }],
      messages: Object.fromEntries(messages),
    },
    operation: { action: "send", channel: { $ref: `#/channels/hook-${hook.id}` } },
  };
}

function documentOf(url: string, types: readonly EventTypeRow[], hooks: readonly HookRow[]): Json {
  const { host, protocol, pathname } = new URL(url);
  const exact = hooks.flatMap((hook) => hook.types.filter((it) => !/(^|\.)\*$/.test(it)));
  const names = [...new Set([...types.map(({ name }) => name), ...exact])].sort();
  const keys = keysFor(names);
  const byName = new Map(types.map((type) => [type.name, type]));
  const messages: Json = {};
  const schemas: Json = {};
  const addMessage = (key: string, name: string, schema: unknown) => {
    const summary = byName.get(name)?.description;
    const about = { name, title: name, contentType: "application/json" };
    messages[key] = { ...about, ...(summary && { summary }), payload: payload(schema) };
  };
  const dataOf = (name: string) => ({ $ref: `#/components/schemas/${keys.get(name)}/schema` });
  for (const name of names) {
    const type = byName.get(name);
    const key = keys.get(name) ?? name;
    schemas[key] = payload(type ? dataSchema(url, type) : true);
    addMessage(key, name, object({ type: { const: name }, data: dataOf(name) }));
  }
  const servers: Json = {
    hub: { host, protocol: protocol.slice(0, -1), ...(pathname !== "/" && { pathname }) },
  };
  const ref = (key: string) => [key, { $ref: `#/components/messages/${key}` }];
  const channels: Json = {
    events: {
      address: "/v1/events",
      title: "Events that applications emit",
      servers: [{ $ref: "#/servers/hub" }],
      messages: Object.fromEntries([...keys.values()].map(ref)),
    },
  };
  const operations: Json = { emit: { action: "receive", channel: { $ref: "#/channels/events" } } };
  for (const hook of hooks) {
    const taken = names.filter((type) => typesAccept(hook.types, { type, origin: "API" }));
    for (const name of taken)
      addMessage(`${keys.get(name)}.${hook.format}`, name, bodyOf(hook.format, name, dataOf(name)));
    const { server, channel, operation } = hookParts(hook, taken, keys);
    servers[`hook-${hook.id}`] = server;
    channels[`hook-${hook.id}`] = channel;
    operations[`deliver-${hook.id}`] = operation;
  }
  return {
    asyncapi: "3.0.0",
    info: {
      title: "Events of this project",
      version,
      description: `The event types in use, and the newest ${MAX_HOOKS} hooks.`,
    },
    defaultContentType: "application/json",
    ...{ servers, channels, operations, components: { messages, schemas } },
  };
}

export const asyncapi = endpoint({
  method: "GET",
  path: "/asyncapi.json",
  operation: "Query.eventTypes",
  summary: `The project's event types and its newest ${MAX_HOOKS} hooks, as AsyncAPI 3.`,
  answer: { type: "object" },
  async handle({ context }) {
    const types = await allTypes(context);
    const { rows } = await newestHooks(context);
    return { body: documentOf(baseOf(context), types, rows) };
  },
});
