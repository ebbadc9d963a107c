/**
 * A table's row with columns that are known more closely than the table declares them: a word out of few, and a JSON
 * document that the driver has parsed because its statement reads it without `::text`.
 */
export type Narrowed<Row, Columns> = Omit<Row, keyof Columns> & Columns;
