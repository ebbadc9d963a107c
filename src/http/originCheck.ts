/**
 * Whether a websocket may be opened from where the request says it comes from: a program (no Origin), or a page
 * of this server. A page elsewhere would act with what its visitor's browser can reach.
 */
export function isOwnOrigin(
  origin: string | undefined,
  host: string | undefined,
  publicUrl: string | undefined,
): boolean {
  if (origin === undefined) return true;
  const from = URL.parse(origin);
  if (!from?.host) return false;
  return from.host === host?.toLowerCase() || from.origin === URL.parse(publicUrl ?? "")?.origin;
}
