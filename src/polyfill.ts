/** Completes an older Node.js' library, before anything that uses it is loaded: the newest additions stand for all. */
export async function polyfill(): Promise<void> {
  if (!("AsyncDisposableStack" in globalThis)) await import("./polyfills.ts");
}
