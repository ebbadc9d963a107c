import type { CatalogType } from "./catalog.ts";
import {
  anything,
  event,
  filled,
  flag,
  flowRef,
  integer,
  orEmpty,
  recipients,
  text,
  uuid4,
} from "./goflowSchemas.ts";

/** Events about running flows, their calls and their errors. */
export const runTypes: CatalogType[] = [
  {
    name: "environment_refreshed",
    description: "To the engine: the settings that the session runs with have changed.",
    jsonSchema: event({}, { environment: anything }),
    example: {
      environment: {
        date_format: "YYYY-MM-DD",
        time_format: "hh:mm",
        timezone: "Africa/Kigali",
        default_language: "eng",
        allowed_languages: ["eng", "fra"],
      },
    },
  },
  {
    name: "error",
    description: "From the engine: something went wrong in a flow, which a `fatal` error ends.",
    jsonSchema: event({ text: filled }, { fatal: flag }),
    example: { text: "invalid date format: '12th of October'", fatal: false },
  },
  {
    name: "flow_entered",
    description:
      "From the engine: a run has gone into another flow; a `terminal` one does not come back.",
    jsonSchema: event({ flow: flowRef }, { parent_run_uuid: orEmpty(uuid4), terminal: flag }),
    example: {
      flow: { uuid: "0e06f977-cbb7-475f-9d0b-a0c4aaec7f6a", name: "Registration" },
      parent_run_uuid: "95eb96df-461b-4668-b168-727f8ceb13dd",
      terminal: false,
    },
  },
  {
    name: "resthook_called",
    description:
      "From the engine: a REST hook was called, with what its subscribers are sent, even when it has none.",
    jsonSchema: event({}, { resthook: text, payload: anything }),
    example: { resthook: "success", payload: { contact: { name: "Bob" } } },
  },
  {
    name: "run_expired",
    description: "To the engine: a run has waited too long, and is over.",
    jsonSchema: event({ run_uuid: uuid4 }),
    example: { run_uuid: "0e06f977-cbb7-475f-9d0b-a0c4aaec7f6a" },
  },
  {
    name: "run_result_changed",
    description: "From the engine: a run has kept a result: its name, value and category.",
    jsonSchema: event(
      { name: filled },
      { value: text, category: text, category_localized: text, input: text, extra: anything },
    ),
    example: {
      name: "Gender",
      value: "m",
      category: "Male",
      category_localized: "Homme",
      node_uuid: "b7cf0d83-f1c9-411c-96fd-c511a4cfa86d",
      input: "M",
    },
  },
  {
    name: "session_triggered",
    description: "From the engine: other people are to be started in a flow.",
    jsonSchema: event(
      { flow: flowRef },
      { ...recipients, create_contact: flag, run_summary: anything },
    ),
    example: {
      flow: { uuid: "0e06f977-cbb7-475f-9d0b-a0c4aaec7f6a", name: "Registration" },
      groups: [{ uuid: "8f8e2cae-3c8d-4dce-9c4b-19514437e427", name: "New contacts" }],
      run_summary: {
        uuid: "b7cf0d83-f1c9-411c-96fd-c511a4cfa86d",
        flow: { uuid: "93c554a1-b90d-4892-b029-a2a87dec9b87", name: "Other Flow" },
        contact: {
          uuid: "c59b0033-e748-4240-9d4c-e85eb6800151",
          name: "Bob",
          fields: {
            state: { value: "Azuay", created_on: "2000-01-01T00:00:00.000000000-00:00" },
          },
        },
        results: {
          age: {
            name: "Age",
            value: "33",
            node_uuid: "cd2be8c4-59bc-453c-8777-dec9a80043b8",
            created_on: "2000-01-01T00:00:00.000000000-00:00",
          },
        },
      },
    },
  },
  {
    name: "webhook_called",
    description:
      "From the engine: a webhook was called: how that ended, and what was sent and answered; `resthook` names the REST hook it was called for.",
    jsonSchema: event(
      {
        url: filled,
        status: { enum: ["success", "connection_error", "response_error", "subscriber_gone"] },
        request: filled,
      },
      {
        resthook: text,
        status_code: integer,
        elapsed_ms: integer,
        response: text,
        body_ignored: flag,
      },
    ),
    example: {
      url: "http://localhost:49998/?cmd=success",
      status: "success",
      status_code: 200,
      elapsed_ms: 123,
      request: "GET /?cmd=success HTTP/1.1",
      response: 'HTTP/1.1 200 OK\r\n\r\n{"ip":"190.154.48.130"}',
    },
  },
];
