import type { CatalogType } from "./catalog.ts";
import {
  anything,
  event,
  fieldRef,
  filled,
  groupRef,
  listOf,
  moment,
  record,
  text,
  urn,
} from "./goflowSchemas.ts";

const fieldValue = record(
  { text: filled },
  { datetime: moment, number: { type: "number" }, state: text, district: text, ward: text },
);

/** Events about changes of contacts. */
export const contactTypes: CatalogType[] = [
  {
    name: "contact_field_changed",
    description:
      "From the engine: a field of the contact has another value; null says that it was cleared.",
    jsonSchema: event({ field: fieldRef }, { value: fieldValue }),
    example: { field: { key: "gender", name: "Gender" }, value: { text: "Male" } },
  },
  {
    name: "contact_groups_changed",
    description: "From the engine: the contact has joined groups, or left some.",
    jsonSchema: event({}, { groups_added: listOf(groupRef), groups_removed: listOf(groupRef) }),
    example: {
      groups_added: [{ uuid: "b7cf0d83-f1c9-411c-96fd-c511a4cfa86d", name: "Reporters" }],
      groups_removed: [{ uuid: "1e1ce1e1-9288-4504-869e-022d1003c72a", name: "Customers" }],
    },
  },
  {
    name: "contact_language_changed",
    description: "From the engine: the contact has another language; empty for none.",
    jsonSchema: event({}, { language: text }),
    example: { language: "eng" },
  },
  {
    name: "contact_name_changed",
    description: "From the engine: the contact has another name; empty for none.",
    jsonSchema: event({}, { name: text }),
    example: { name: "Bob Smith" },
  },
  {
    name: "contact_refreshed",
    description: "From the engine: a session went on with a contact that had changed meanwhile.",
    jsonSchema: event({}, { contact: anything }),
    example: {
      contact: {
        uuid: "0e06f977-cbb7-475f-9d0b-a0c4aaec7f6a",
        name: "Bob",
        urns: ["tel:+11231234567"],
      },
    },
  },
  {
    name: "contact_timezone_changed",
    description: "From the engine: the contact lives in another time zone; empty for none.",
    jsonSchema: event({}, { timezone: text }),
    example: { timezone: "Africa/Kigali" },
  },
  {
    name: "contact_urns_changed",
    description: "From the engine: the contact is reached by other URNs: all of them, in order.",
    jsonSchema: event({}, { urns: listOf(urn) }),
    example: { urns: ["tel:+12345678900", "twitter:bob"] },
  },
];
