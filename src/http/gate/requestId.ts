import { randomUUID } from "node:crypto";

const run = randomUUID().slice(0, 8);
let count = 0;

/** The id of a request in responses and logs: a random process id and a counter. */
export const newRequestId = (): string => `${run}-${(++count).toString(36)}`;
