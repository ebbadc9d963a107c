import type { SchemaObject } from "../jsonSchema/document.ts";

/** An event type of a catalogue; the example is data that fits. */
export type CatalogType = {
  name: string;
  description: string;
  jsonSchema: SchemaObject;
  example: unknown;
};

/** Event types that belong together, ready to be installed. */
export type Catalog = {
  name: string;
  description: string;
  types: CatalogType[];
  /** The resource types that its events are about; none when absent. */
  resourceTypes?: {
    name: string;
    createdEvent: string;
    updatedEvent?: string;
    deletedEvent?: string;
  }[];
};
