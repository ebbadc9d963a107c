import type { CatalogType } from "./catalog.ts";
import {
  channelRef,
  event,
  filled,
  filledListOf,
  integer,
  labelRef,
  listOf,
  moment,
  orEmpty,
  recipients,
  record,
  text,
  urn,
  uuid4,
} from "./goflowSchemas.ts";

const message = {
  uuid: text,
  id: integer,
  urn: orEmpty(urn),
  channel: channelRef,
  text,
  // Either "content/type:url" or a URL.
  attachments: listOf(text),
};
const messageIn = record({}, { ...message, external_id: text });
const messageOut = record({}, { ...message, quick_replies: listOf(text) });

const translation = record({}, { text, attachments: listOf(text), quick_replies: listOf(text) });

const messageExample = {
  uuid: "2d611e17-fb22-457f-b802-b8f7ec5cda5b",
  channel: { uuid: "61602f3e-f603-4c70-8a8f-c477505bf4bf", name: "Twilio" },
  urn: "tel:+12065551212",
  text: "hi there",
};

/** Events about messages: received, to be sent, and waiting for a reply. */
export const messageTypes: CatalogType[] = [
  {
    name: "broadcast_created",
    description:
      "From the engine: a message, in one or more languages, is to go to people other than the contact.",
    jsonSchema: event(
      {
        translations: { type: "object", minProperties: 1, additionalProperties: translation },
        base_language: filled,
      },
      recipients,
    ),
    example: {
      translations: {
        eng: {
          text: "hi, what's up",
          attachments: [],
          quick_replies: ["All good", "Got 99 problems"],
        },
        spa: {
          text: "Que pasa",
          attachments: [],
          quick_replies: ["Todo bien", "Tengo 99 problemas"],
        },
      },
      base_language: "eng",
      urns: ["tel:+12065551212"],
      contacts: [{ uuid: "0e06f977-cbb7-475f-9d0b-a0c4aaec7f6a", name: "Bob" }],
    },
  },
  {
    name: "email_created",
    description: "From the engine: an email is to be sent.",
    jsonSchema: event({ addresses: filledListOf(text), subject: filled }, { body: text }),
    example: {
      addresses: ["foo@bar.com"],
      subject: "Your activation token",
      body: "Your activation token is AAFFKKEE",
    },
  },
  {
    name: "input_labels_added",
    description: "From the engine: labels are to be put on what the contact has just sent.",
    jsonSchema: event({ input_uuid: uuid4, labels: filledListOf(labelRef) }),
    example: {
      input_uuid: "4aef4050-1895-4c80-999a-70368317a4f5",
      labels: [{ uuid: "b7cf0d83-f1c9-411c-96fd-c511a4cfa86d", name: "Spam" }],
    },
  },
  {
    name: "ivr_created",
    description: "From the engine: the contact, who is on the phone, is to hear an answer.",
    jsonSchema: event({ msg: messageOut }),
    example: {
      msg: {
        ...messageExample,
        attachments: ["audio:https://s3.amazon.com/mybucket/attachment.m4a"],
      },
    },
  },
  {
    name: "msg_created",
    description: "From the engine: the contact is to be sent a reply.",
    jsonSchema: event({ msg: messageOut }),
    example: {
      msg: {
        ...messageExample,
        attachments: ["image/jpeg:https://s3.amazon.com/mybucket/attachment.jpg"],
      },
    },
  },
  {
    name: "msg_received",
    description:
      "To the engine: the contact has sent a message, which the session may have waited for.",
    jsonSchema: event({ msg: messageIn }),
    example: {
      msg: { ...messageExample, attachments: ["https://s3.amazon.com/mybucket/attachment.jpg"] },
    },
  },
  {
    name: "msg_wait",
    description:
      "From the engine: the flow pauses for an answer of the contact; `timeout_on`, when given, is when to go on without one.",
    jsonSchema: event({}, { timeout_on: moment }),
    // goflow's own example has only `timeout`, which goflow does not read.
    example: { timeout: 300, timeout_on: "2006-01-02T15:09:05Z" },
  },
  {
    name: "wait_timed_out",
    description: "To the engine: what the flow waited for has not come in time.",
    jsonSchema: event({}),
    example: {},
  },
];
