/** What the palette offers. */
export type Command = {
  id: string;
  label: string;
  /** What tells it from others of the same name. */
  detail?: string | undefined;
  /** The keys that do the same. */
  keys?: string | undefined;
} & ({ to: string } | { run: () => void });

/** Whether each word that was typed is somewhere in the command. */
export function fits({ label, detail }: Command, text: string): boolean {
  const all = `${label} ${detail ?? ""}`.toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word));
}
