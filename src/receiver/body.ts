/** More than the hub ever sends: a resource or a template's body has at most 1 MiB. */
const MOST_BYTES = 2 * 1024 * 1024;

/** A body of bytes; null when it has too many. It is read to its end all the same, so that the answer is. */
export async function readBody(
  chunks: AsyncIterable<Uint8Array | string>,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const kept: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    const bytes = typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk;
    size += bytes.length;
    if (size <= MOST_BYTES) kept.push(bytes);
    else kept.length = 0;
  }
  if (size > MOST_BYTES) return null;
  const body = new Uint8Array(size);
  let at = 0;
  for (const bytes of kept) {
    body.set(bytes, at);
    at += bytes.length;
  }
  return body;
}

/** The chunks of a web stream, which not every platform can iterate. */
export async function* chunksOf(
  stream: ReadableStream<Uint8Array> | null,
): AsyncGenerator<Uint8Array> {
  if (!stream) return;
  const reader = stream.getReader();
  for (let step = await reader.read(); !step.done; step = await reader.read()) yield step.value;
}
