import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { Button } from "../Button.tsx";
import { copyText } from "./copyText.ts";

/** Copies a text. */
export function CopyButton({ text, label = "Copy" }: { text: string; label?: string }) {
  const [isCopied, setIsCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setIsCopied(false), 1_500);
    return () => clearTimeout(timer);
  }, [isCopied]);
  const copy = async () => setIsCopied(await copyText(text));
  return (
    <Button look="quiet" aria-label={isCopied ? "Copied" : label} title={label} onClick={copy}>
      {isCopied ? <Check size={14} /> : <Copy size={14} />}
    </Button>
  );
}
