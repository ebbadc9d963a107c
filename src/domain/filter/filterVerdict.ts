import { createCelCache } from "./celCache.ts";
import { type FilterEvent, filterInput } from "./filterEvent.ts";
import { compileFilter, type FilterVerdict } from "./hookFilter.ts";
import { compileOrderBy, type OrderKey } from "./orderBy.ts";

const filters = createCelCache(compileFilter);
const orders = createCelCache(compileOrderBy);

/** The verdict of a filter on an event, for the sandbox: both are plain data. */
export const filterVerdict = ({
  filter,
  event,
}: {
  filter: string;
  event: FilterEvent;
}): FilterVerdict => filters(filter).evaluate(filterInput(event));

/** The key of an event, for the sandbox, too. */
export const orderKey = ({ orderBy, event }: { orderBy: string; event: FilterEvent }): OrderKey =>
  orders(orderBy).evaluate(filterInput(event));
