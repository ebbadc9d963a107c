import { toast } from "../Toasts.tsx";

/** Copies a text to the clipboard. Returns whether it did; if not, it says so. */
export async function copyText(text: string): Promise<boolean> {
  try {
    // There is no clipboard at all where the page came over plain HTTP from another host.
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    toast("The browser does not allow copying. Select and copy the text by hand.", "bad");
    return false;
  }
}
