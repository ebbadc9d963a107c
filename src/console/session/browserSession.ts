import { base } from "../base.ts";

/**
 * The session of this browser: a cookie that no script can read, set by the hub in exchange for a key. All tabs share
 * it. A key is sent once and stored nowhere in the page.
 */
const url = `${base}/session`;
const tabs = new BroadcastChannel("signalbox.session");

/** Begins the session. Returns what is wrong with the key, or null. */
export async function beginSession(key: string): Promise<string | null> {
  try {
    const headers = { authorization: `Bearer ${key}` };
    const response = await fetch(url, { method: "POST", headers });
    if (response.ok) return null;
    return response.status === 401
      ? "This key is unknown or has been revoked."
      : `The hub answered with status ${response.status}.`;
  } catch (error) {
    // A header holds no characters beyond Latin-1.
    if (error instanceof TypeError && /[^\x20-\x7e]/.test(key))
      return "This is not an API key: it contains characters that no key has.";
    return "The hub cannot be reached.";
  }
}

/** Ends the session, in all tabs. */
export async function endSession(): Promise<void> {
  await fetch(url, { method: "DELETE" }).catch(() => {});
  tabs.postMessage("ended");
}

/** Runs when another tab has ended the session. Returns how to stop listening. */
export function onSessionEnd(run: () => void): () => void {
  tabs.addEventListener("message", run);
  return () => tabs.removeEventListener("message", run);
}
