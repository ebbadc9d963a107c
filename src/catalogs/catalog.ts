import type { SchemaObject } from "../jsonSchema/document.ts";

/** An event type of a catalogue, with an example of valid data. */
export type CatalogType = {
  name: string;
  description: string;
  jsonSchema: SchemaObject;
  example: unknown;
};

/** Related event types, ready to install. */
export type Catalog = {
  name: string;
  description: string;
  types: CatalogType[];
  /** The resource types that the events are about, if any. */
  resourceTypes?: {
    name: string;
    createdEvent: string;
    updatedEvent?: string;
    deletedEvent?: string;
  }[];
};
