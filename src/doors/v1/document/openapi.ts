import { z } from "zod";
import { rolesOfOperation } from "../../../domain/project/roles.ts";
import { schema } from "../../../graphql/schema.ts";
import { version } from "../../../version.ts";
import { component } from "../answers.ts";
import type { Endpoint } from "../endpoint.ts";
import { answerSchema, enumSchema, inputDescriptions } from "./graphqlSchemas.ts";

type Json = Record<string, unknown>;

const nullableId = (description: string) => ({ type: ["string", "null"], description });
const id = (description: string) => ({ type: "string", description });

const listed = (name: Parameters<typeof component>[0], description: string) => ({
  ...{ type: "array", items: component(name), description },
});

/** What is answered. */
const answers = (): Json => ({
  Event: answerSchema(
    schema,
    "Event",
    {
      subject: {
        type: ["object", "null"],
        description: "What the event is about.",
        required: ["type", "id"],
        properties: { type: { type: "string" }, id: { type: "string" } },
      },
      causedBy: nullableId("The id of the event that caused this one."),
      targetHookId: nullableId("The one hook that it is for; null if for all that match it."),
    },
    ["cloudEvent"],
  ),
  Hook: answerSchema(schema, "Hook", {}, ["parkedCount", "waitingCount"]),
  BlockedKey: answerSchema(schema, "BlockedKey", {
    deliveryId: id("The lost delivery: FAILED or QUARANTINED."),
  }),
  Delivery: answerSchema(
    schema,
    "Delivery",
    {
      eventId: id("The event that is delivered."),
      hookId: nullableId("The hook that receives it; null for a workflow step."),
      replayOf: nullableId("The SUCCEEDED delivery that this one sends again; null otherwise."),
    },
    ["requestBody"],
  ),
  Attempt: answerSchema(schema, "Attempt", {}, ["id"]),
  EventType: answerSchema(schema, "EventType"),
  EventSchedule: answerSchema(schema, "EventSchedule", {
    lastEventId: nullableId("The event that it emitted last; null if there is none."),
  }),
  Replay: answerSchema(schema, "Replay"),
  AuditEntry: answerSchema(schema, "AuditEntry"),
  AnswerCount: answerSchema(schema, "AnswerCount"),
  StatisticsPoint: answerSchema(schema, "StatisticsPoint", {
    answers: listed("AnswerCount", "Attempts by the status code of their answer, ascending."),
  }),
  Statistics: answerSchema(schema, "Statistics", {
    total: { ...component("StatisticsPoint"), description: "The whole range as one." },
    points: listed("StatisticsPoint", "One for each step, oldest first."),
  }),
  Problem: {
    type: "object",
    description: "What is wrong (RFC 9457).",
    required: ["type", "title", "status", "detail", "errors", "requestId"],
    properties: {
      type: { type: "string" },
      title: { type: "string" },
      status: { type: "integer" },
      detail: { type: "string", description: "A sentence for people." },
      requestId: { type: "string", description: "As in the header X-Request-Id." },
      errors: {
        type: "array",
        description: "One for each mistake: what is wrong, and where.",
        items: {
          type: "object",
          required: ["code", "path", "message"],
          properties: {
            code: { type: "string" },
            path: { type: "array", items: { type: "string" } },
            message: { type: "string" },
          },
        },
      },
    },
  },
});

/** The JSON Schema of what is taken, with GraphQL's descriptions of its fields; named schemas go to `components`. */
function inputSchema(input: z.ZodType, components: Json): Json {
  const {
    $schema: _,
    $defs = {},
    ...own
  } = z.toJSONSchema(input, {
    io: "input",
    override({ jsonSchema, zodSchema }) {
      const name = zodSchema instanceof z.ZodType ? zodSchema.meta()?.id : undefined;
      if (name === undefined || !jsonSchema.properties) return;
      for (const [field, description] of Object.entries(inputDescriptions(schema, String(name)))) {
        const property = jsonSchema.properties[field];
        if (typeof property === "object") property.description ??= description;
      }
    },
  });
  const inPlace = JSON.parse(
    JSON.stringify({ $defs, own }).replaceAll("#/$defs/", "#/components/schemas/"),
  ) as { $defs: Record<string, Json>; own: Json };
  for (const [name, { id: _id, $schema: _schema, ...found }] of Object.entries(inPlace.$defs))
    components[name] = found;
  return inPlace.own;
}

const problem = (description: string) => ({
  description,
  content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
});

function parametersOf({ route, query, headers }: Endpoint): Json[] {
  const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  const { properties = {} } = z.toJSONSchema(query, { io: "input" });
  const inQuery = Object.entries(properties).map(([name, property]) => {
    const { description, ...schema } = property as Json;
    const isList = schema.type === "array";
    return { name, in: "query", description, schema, ...(isList && { explode: false }) };
  });
  const inHeaders = Object.entries(headers).map(([name, description]) => ({
    name,
    in: "header",
    description,
    schema: { type: "string" },
  }));
  return [...inPath, ...inQuery, ...inHeaders];
}

/** The name of an operation: `postHooksIdPause`. */
const nameOf = ({ method, path }: Endpoint["route"]) =>
  method.toLowerCase() +
  path
    .replace(/^\/v1|\.json$/g, "")
    .replace(/\W+(\w)/g, (_all, first: string) => first.toUpperCase())
    .replace(/\W/g, "");

function operationOf(endpoint: Endpoint, components: Json): Json {
  const { route, summary, bodies, status, answer, answerType } = endpoint;
  const roles = "operation" in route ? rolesOfOperation(route.operation) : [];
  const body = Object.entries(bodies).map(([type, input]) => [
    type,
    { schema: inputSchema(input, components) },
  ]);
  return {
    summary,
    description: `Roles: ${roles.join(", ")}.`,
    operationId: nameOf(route),
    parameters: parametersOf(endpoint),
    ...(body.length > 0 && { requestBody: { required: true, content: Object.fromEntries(body) } }),
    responses: {
      [status]: {
        description: "Done.",
        ...(answer && { content: { [answerType]: { schema: answer } } }),
      },
      default: problem("What is wrong, and where."),
    },
  };
}

/** The OpenAPI document of these endpoints; made when it is first asked for. */
export function createOpenapi(endpoints: readonly Endpoint[]): () => Json {
  let made: Json | undefined;
  const make = (): Json => {
    const schemas = answers();
    const paths: Record<string, Json> = {};
    for (const endpoint of endpoints) {
      const { path, method } = endpoint.route;
      paths[path] = { ...paths[path], [method.toLowerCase()]: operationOf(endpoint, schemas) };
    }
    for (const name of new Set(JSON.stringify(schemas).match(/(?<=#\/components\/schemas\/)\w+/g)))
      schemas[name] ??= enumSchema(schema, name);
    return {
      openapi: "3.1.0",
      jsonSchemaDialect: "https://json-schema.org/draft/2020-12/schema",
      info: {
        title: "Signalbox",
        version,
        description: "REST beside GraphQL: the same keys, roles, limits and names.",
        license: { name: "MIT", identifier: "MIT" },
      },
      // The folder of this document, whatever path the hub is served under.
      servers: [{ url: "." }],
      security: [{ key: [] }],
      paths,
      components: {
        schemas,
        securitySchemes: { key: { type: "http", scheme: "bearer", description: "An API key." } },
      },
    };
  };
  return () => (made ??= make());
}
