import { readFile } from "node:fs/promises";

const rereadAfterMs = 5000;

/** What a file says, read again when it is asked 5 s after the last reading; as before while it cannot be read. */
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
