import { readFile } from "node:fs/promises";

const rereadAfterMs = 5000;

/**
 * Returns the parsed content of a file. Reads it again if the last reading is more than 5 s old,
 * and keeps the last content while it cannot be read.
 */
export function rereadFile<Content>(
  path: string,
  parse: (text: string) => Content,
): () => Promise<Content> {
  let content: Promise<Content> = Promise.resolve(parse(""));
  let readAt = Number.NEGATIVE_INFINITY;

  return () => {
    if (performance.now() - readAt > rereadAfterMs) {
      readAt = performance.now();
      const before = content;
      content = readFile(path, "utf8").then(parse, () => before);
    }
    return content;
  };
}
