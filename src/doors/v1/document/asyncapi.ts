import type { EventTypeRow } from "../../../db/eventType/eventTypes.ts";
import type { HookFormat, HookRow } from "../../../db/hook/hooks.ts";
import { listEventTypes, listHooks } from "../../../db/page/lists.ts";
import { typesAccept } from "../../../domain/hook/hookMatch.ts";
import { isMailTarget } from "../../../domain/hook/mailTarget.ts";
import { hasPayload } from "../../../domain/payload/makeBody.ts";
import type { Context } from "../../../graphql/builder/context.ts";
import { RawJson, writeJson } from "../../../util/json/rawJson.ts";
import { createTimeSlice } from "../../../util/timeSlice.ts";
import { version } from "../../../version.ts";
import { baseOf, endpoint } from "../endpoint.ts";

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

/** Makes a key of the document for a text: its letters and digits, made unique. */
function createKeys(): (text: string) => string {
  const taken = new Set<string>();
  const nextNumbers = new Map<string, number>();
  return (text) => {
    const base = text.replace(/[^\w.-]+/g, "-");
    const keyAt = (number: number) => (number === 1 ? base : `${base}-${number}`);
    let number = nextNumbers.get(base) ?? 1;
    while (taken.has(keyAt(number))) number++;
    nextNumbers.set(base, number + 1);
    taken.add(keyAt(number));
    return keyAt(number);
  };
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
function bodyOf(format: HookFormat, type: string, data: Json): Json {
  const text = { type: "string" };
  switch (format) {
    case "CLOUD_EVENT":
    case "CLOUD_EVENT_STRUCTURED": {
      const specversion = { const: format === "CLOUD_EVENT" ? "1.0-rc1" : "1.0" };
      const time = { ...text, format: "date-time" };
      return object({ specversion, id: text, type: { const: type }, source: text, time, data });
    }
    case "CLOUD_EVENT_BINARY":
    case "DATA":
      return data;
    case "RESOURCE":
      return { type: "object" };
    case "EVENT":
      return object({ type: { const: type }, created_on: text }, { step_uuid: text });
  }
}

const sentAs = (hook: HookRow): string =>
  hook.selection === null ? (hook.templateContentType ?? hook.format) : "a selection";

/** Where a hook sends to: the server, and the address there. */
function placeOf(url: string) {
  const { host, protocol, pathname, search } = new URL(url);
  if (!isMailTarget(url))
    return { server: { host, protocol: protocol.slice(0, -1) }, address: pathname + search };
  const [, domain] = pathname.split("@");
  return { server: { host: domain, protocol: "smtp" }, address: pathname };
}

/** The channel of a hook, and the server that it calls. */
function hookParts(hook: HookRow, messages: Json) {
  const { server, address } = placeOf(hook.url);
  return {
    server,
    channel: {
      address,
      title: hook.name ?? hook.url,
      description: `Format ${sentAs(hook)}; ${hook.status}.`,
      servers: [{ $ref: `#/servers/hook-${hook.id}` }],
      messages,
    },
    operation: { action: "send", channel: { $ref: `#/channels/hook-${hook.id}` } },
  };
}

const JSON_TYPE = "application/json";
const isPattern = (type: string) => /(^|\.)\*$/.test(type);

/** Whether a hook takes a type. Most of its types are exact, and it may have many. */
function takesOf(hook: HookRow): (type: string) => boolean {
  const exact = new Set(hook.types);
  const patterns = hook.types.filter(isPattern);
  return (type) => exact.has(type) || typesAccept(patterns, { type, origin: "API" });
}

/** `spend` counts the bytes of what there may be much of, before the next of it is made. */
export async function documentOf(
  url: string,
  types: readonly EventTypeRow[],
  hooks: readonly HookRow[],
  spend: (bytes: number) => void,
): Promise<Json> {
  const slice = createTimeSlice();
  const { host, protocol, pathname } = new URL(url);
  const exact = hooks.flatMap((hook) => hook.types.filter((it) => !isPattern(it)));
  const names = [...new Set([...types.map(({ name }) => name), ...exact])].sort();
  const newKey = createKeys();
  const keys = new Map(names.map((name) => [name, newKey(name)]));
  /** The keys of messages in a format, which other types may be named like. */
  const formatKeys = new Map<string, string>();
  const byName = new Map(types.map((type) => [type.name, type]));
  const messages = new Map<string, RawJson>();
  const schemas = new Map<string, RawJson>();
  const add = (to: Map<string, RawJson>, key: string, value: unknown) => {
    const text = writeJson(value);
    spend(text.length);
    to.set(key, new RawJson(text));
  };
  const addMessage = (key: string, name: string, schema: unknown, contentType: string) => {
    const summary = byName.get(name)?.description;
    const about = { name, title: name, contentType };
    add(messages, key, { ...about, ...(summary && { summary }), payload: payload(schema) });
  };
  const dataOf = (name: string) => ({ $ref: `#/components/schemas/${keys.get(name)}/schema` });
  const refTo = (key: string) => {
    const $ref = `#/components/messages/${key}`;
    spend($ref.length);
    return [key, { $ref }] as const;
  };
  const emitted = [];
  for (const [name, key] of keys) {
    await slice();
    const type = byName.get(name);
    add(schemas, key, payload(type ? dataSchema(url, type) : true));
    addMessage(key, name, object({ type: { const: name }, data: dataOf(name) }), JSON_TYPE);
    emitted.push(refTo(key));
  }
  const servers: Json = {
    hub: { host, protocol: protocol.slice(0, -1), ...(pathname !== "/" && { pathname }) },
  };
  const channels: Json = {
    events: {
      address: "/v1/events",
      title: "Events that applications emit",
      servers: [{ $ref: "#/servers/hub" }],
      messages: Object.fromEntries(emitted),
    },
  };
  const operations: Json = { emit: { action: "receive", channel: { $ref: "#/channels/events" } } };
  for (const hook of hooks) {
    const takes = takesOf(hook);
    const sent = [];
    for (const [name, nameKey] of keys) {
      await slice();
      if (!takes(name)) continue;
      const wanted = `${nameKey}.${sentAs(hook)}`;
      const key = formatKeys.get(wanted) ?? newKey(wanted);
      formatKeys.set(wanted, key);
      if (!messages.has(key)) {
        // The schema of what a template or selection makes of an event is not known.
        const body = hasPayload(hook) ? true : bodyOf(hook.format, name, dataOf(name));
        addMessage(key, name, body, hook.templateContentType ?? JSON_TYPE);
      }
      sent.push(refTo(key));
    }
    const { server, channel, operation } = hookParts(hook, Object.fromEntries(sent));
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
    ...{ servers, channels, operations },
    components: { messages: Object.fromEntries(messages), schemas: Object.fromEntries(schemas) },
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
    let built = 0;
    const body = await documentOf(baseOf(context), types, rows, (bytes) => {
      built += bytes;
      context.budget.spend("answerBytes", bytes);
    });
    // The whole text will be counted when it is written.
    context.budget.spend("answerBytes", -built);
    return { body };
  },
});
