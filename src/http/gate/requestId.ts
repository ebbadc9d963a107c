import { randomUUID } from "node:crypto";

const run = randomUUID().slice(0, 8);
let count = 0;

/** Names one request in answers and logs: this run of the process, and a number. */
export const newRequestId = (): string => `${run}-${(++count).toString(36)}`;
