import { writeJson } from "../../client/bigJson.ts";
import { printLine } from "../hub/print.ts";
import { printable } from "../printable.ts";
import type { ForwardedEvent, Try } from "./forward.ts";

type Beginning = {
  forwardTo: string;
  types: string[];
  format: string;
  secret: string;
  after: string;
};

/** Tells what `listen` does: lines for people, or an object a line. */
export const createReport = (isJson: boolean) => ({
  async begin(beginning: Beginning): Promise<void> {
    const { forwardTo, types, format, secret } = beginning;
    if (isJson) return printLine(writeJson(beginning));
    await printLine(`Forwarding ${types.join(", ")} to ${forwardTo} as ${format}. Ctrl-C ends it.`);
    await printLine(`Signing secret: ${secret}`);
  },
  async tried({ id, type }: ForwardedEvent, cursor: string, tried: Try): Promise<void> {
    if (isJson) return printLine(writeJson({ event: { id, type }, cursor, ...tried }));
    const time = new Date().toISOString().slice(11, 19);
    await printLine(printable(`${time}  ${type}  ${id}  ${resultOf(tried)}`));
  },
});

function resultOf({ attempt, status, error, elapsedMs, outcome, nextMs }: Try): string {
  const answer = status === null ? error : `${status} in ${elapsedMs} ms`;
  if (outcome === "DELIVERED") return answer ?? "";
  if (outcome === "GAVE_UP")
    return `${answer}; given up after ${attempt} ${attempt === 1 ? "try" : "tries"}, going on`;
  return `${answer}; try ${attempt + 1} in ${((nextMs ?? 0) / 1_000).toFixed(1)} s`;
}
