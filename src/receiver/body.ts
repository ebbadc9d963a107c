/** More than the hub ever sends: a resource or a template's body has at most 1 MiB. */
const MOST_BYTES = 2 * 1024 * 1024;

/** A body of bytes; null as soon as it has too many, or says that it will. */
export async function readBody(
  chunks: AsyncIterable<Uint8Array | string>,
  contentLength: string | null,
): Promise<Uint8Array<ArrayBuffer> | null> {
  if (Number(contentLength) > MOST_BYTES) return null;
  const kept: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    const bytes = typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk;
    size += bytes.length;
    if (size > MOST_BYTES) return null;
    kept.push(bytes);
  }
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
  try {
    for (let step = await reader.read(); !step.done; step = await reader.read()) yield step.value;
  } finally {
    // Who sends more than is read is to stop.
    reader.cancel().catch(() => {});
  }
}
