import type { Catalog, CatalogType } from "./catalog.ts";

/**
 * The data that createResource emits: the resource itself. Nothing is required, because an event may name a resource by
 * its subject only.
 */
const resource = (about: string) => ({
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: ["object", "null"],
  description: `${about}; any other fields are kept as they are.`,
  properties: { id: { type: "string", minLength: 1 } },
});

const types: CatalogType[] = [
  {
    name: "ActionCreated",
    description:
      "A new action, a legal matter, was created; hooks are sent the resource `actions`.",
    jsonSchema: resource("The action"),
    example: { id: "123", name: "a newly created action!" },
  },
  {
    name: "ParticipantCreated",
    description:
      "A new participant, a contact of a matter, was created; hooks are sent the resource `participants`.",
    jsonSchema: resource("The participant"),
    example: { id: "7", displayName: "Jane Smith" },
  },
];

/**
 * The events of Actionstep's REST hooks page, with their resources. Its actions are legal matters, unrelated to the
 * actions (buttons) of events.
 */
export const actionstep: Catalog = {
  name: "actionstep",
  description:
    "The events of Actionstep's REST hooks, and the resources they are about: actions (legal matters) and participants.",
  types,
  resourceTypes: [
    { name: "actions", createdEvent: "ActionCreated" },
    { name: "participants", createdEvent: "ParticipantCreated" },
  ],
};
