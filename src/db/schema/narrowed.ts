/**
 * A table's row with columns of narrower types than declared: one of a few words, or a JSON document that the driver
 * has parsed because its statement reads it without `::text`.
 */
export type Narrowed<Row, Columns> = Omit<Row, keyof Columns> & Columns;
