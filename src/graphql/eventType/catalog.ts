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
  description: "An event type that a catalogue offers.",
  fields: (t) => ({
    name: t.exposeString("name", { description: "The name it is installed under." }),
    description: t.exposeString("description", { description: "What it stands for." }),
    jsonSchema: t.expose("jsonSchema", {
      type: "JSON",
      description: "What its data must look like: JSON Schema 2020-12.",
    }),
    example: t.expose("example", { type: "JSON", description: "Data that fits." }),
  }),
});

const Catalog = builder.objectRef<CatalogRow>("Catalog").implement({
  description: "Event types that belong together, for `installCatalog`.",
  fields: (t) => ({
    name: t.exposeString("name", { description: "Unique among the catalogues." }),
    description: t.exposeString("description", { description: "What its events are about." }),
    types: t.field({
      type: [CatalogType],
      description: "Its event types, by name.",
      resolve: ({ types }) => types,
    }),
    installed: t.boolean({
      description: "Whether the project has its types.",
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
  "What installCatalog answers.",
  (t) => ({
    catalog: t.field({
      type: Catalog,
      nullable: true,
      description: "The catalogue, installed.",
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
      "Registers every event type of a catalogue, all or none; again, only what a newer hub has changed in it. Errors: NOT_FOUND, NAME_TAKEN for each name that a type of the project has (archive it first), LIMIT_REACHED.",
    args: { name: t.arg.string({ required: true, description: "The catalogue's name." }) },
    resolve: (_root, { name }, { caller, hub }) =>
      withUserErrors(async () => ({
        catalog: await installCatalog(hub.db, caller.projectId, name),
      })),
  }),
}));
