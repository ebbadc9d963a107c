/**
 * The two ways in which the hub asks a target for consent. Both are answered by anybody's call: what is delivered after it is
 * verified.
 */
export function handshakeAnswer(method: string, headers: Headers): Response | null {
  const origin = headers.get("webhook-request-origin");
  if (method === "OPTIONS") {
    const consent = origin === null ? {} : consentTo(origin);
    return new Response(null, { status: 204, headers: { allow: "POST, OPTIONS", ...consent } });
  }
  const secret = headers.get("x-hook-secret");
  const isDelivery = headers.has("webhook-signature");
  if (method !== "POST" || secret === null || isDelivery) return null;
  return new Response(null, { status: 200, headers: { "x-hook-secret": secret } });
}

/** CloudEvents 1.0, HTTP webhooks, section 4. */
const consentTo = (origin: string) => ({
  "webhook-allowed-origin": origin,
  "webhook-allowed-rate": "*",
});
