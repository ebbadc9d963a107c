import { Toast } from "@base-ui/react/toast";
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "./Button.tsx";
import "./Toasts.css";

const manager = Toast.createToastManager();

/** Shows a short notice in a corner. */
export function toast(text: string, look: "good" | "bad" = "good"): void {
  manager.add({ description: text, type: look, timeout: look === "bad" ? 10_000 : 4_000 });
}

function List() {
  const { toasts } = Toast.useToastManager();
  return toasts.map((it) => (
    <Toast.Root key={it.id} toast={it} className={`toast toast-${it.type}`}>
      <Toast.Description className="toast-text" />
      <Toast.Close aria-label="Dismiss" render={<Button look="quiet" aria-label="Dismiss" />}>
        <X size={14} />
      </Toast.Close>
    </Toast.Root>
  ));
}

/** The container of toasts, around the whole page. */
export function Toasts({ children }: { children: ReactNode }) {
  return (
    <Toast.Provider toastManager={manager} limit={4}>
      {children}
      <Toast.Portal>
        <Toast.Viewport className="toasts">
          <List />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}
