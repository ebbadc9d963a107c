import type {
  Catalog as CatalogRow,
  CatalogType as CatalogTypeRow,
} from "../../catalogs/catalog.ts";
import { catalogs } from "../../catalogs/catalogs.ts";
import { installedCatalogs } from "../../db/eventType/eventTypes.ts";
import { installCatalog } from "../../domain/eventType/installCatalog.ts";
import { builder } from "../builder/builder.ts";
import { payloadType, withUserErrors } from "../builder/errors.ts";
import { batched } from "../page/loaders.ts";

const CatalogType = builder.objectRef<CatalogTypeRow>("CatalogType").implement({
  description: "An event type of a catalogue.",
  fields: (t) => ({
    name: t.exposeString("name", {
      description: "The name that the event type is installed under.",
    }),
    description: t.exposeString("description", { description: "What the event type means." }),
    jsonSchema: t.expose("jsonSchema", {
      type: "JSON",
      description: "The JSON Schema 2020-12 of its data.",
    }),
    example: t.expose("example", { type: "JSON", description: "An example of valid data." }),
  }),
});

const Catalog = builder.objectRef<CatalogRow>("Catalog").implement({
  description: "A set of event types that `installCatalog` installs together.",
  fields: (t) => ({
    name: t.exposeString("name", { description: "The catalogue's unique name." }),
    description: t.exposeString("description", { description: "What the events are about." }),
    types: t.field({
      type: [CatalogType],
      description: "The event types, sorted by name.",
      resolve: ({ types }) => types,
    }),
    installed: t.boolean({
      description: "Whether the project has installed the catalogue.",
      resolve: async ({ name }, _args, context) => {
        const { caller, read } = context;
        const loader = batched(context, "installedCatalog", async () => {
          const rows = await read((sql) => installedCatalogs(sql, caller.projectId));
          return new Map(rows.map(({ catalog }) => [catalog, true]));
        });
        return (await loader.load(name)) ?? false;
      },
    }),
  }),
});

const CatalogPayload = payloadType<{ catalog: CatalogRow }>(
  "CatalogPayload",
  "The result of installCatalog.",
  (t) => ({
    catalog: t.field({
      type: Catalog,
      nullable: true,
      description: "The installed catalogue.",
      resolve: ({ catalog }) => catalog,
    }),
  }),
);

builder.queryFields((t) => ({
  catalogs: t.field({
    type: [Catalog],
    description: "The catalogues of event types that come with the hub.",
    resolve: () => [...catalogs],
  }),
}));

builder.mutationFields((t) => ({
  installCatalog: t.field({
    type: CatalogPayload,
    description:
      "Registers all event types of a catalogue, or none. A repeated call registers only what a newer version of the hub has changed. Errors: NOT_FOUND; NAME_TAKEN for each name that an event type of the project already has (archive that type first); LIMIT_REACHED.",
    args: { name: t.arg.string({ required: true, description: "The catalogue's name." }) },
    resolve: (_root, { name }, { caller, hub }) =>
      withUserErrors(async () => ({
        catalog: await installCatalog(hub.db, caller.projectId, name),
      })),
  }),
}));
