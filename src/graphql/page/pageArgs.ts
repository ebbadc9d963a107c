import { builder } from "../builder/builder.ts";

/** The arguments of a list that is read page by page, from either end. */
export const pageArgs = builder.args((t) => ({
  first: t.int({
    description:
      "Page size, counted from the start of the list: 0 to 100, default 20. Not together with `last`.",
  }),
  after: t.string({ description: "Return rows after this cursor." }),
  last: t.int({
    description:
      "Page size, counted from the end of the list: 0 to 100. Not together with `first`.",
  }),
  before: t.string({ description: "Return rows before this cursor." }),
}));
